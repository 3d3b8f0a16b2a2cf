/* How far a name is seen: in one file (static), in the files of one module (WA_FUNC, WA_DATA), or by the program that
 * loads the module (WA_EXPORT). Knows no Lua. The amalgamation, one file a module, defines all of them as static or as
 * nothing: see src/embed/amalgamate.lua. */
#ifndef WA_LINKAGE_H
#define WA_LINKAGE_H

#ifndef WA_EXPORT
#if defined(_WIN32)
#define WA_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define WA_EXPORT __attribute__((visibility("default")))
#else
#define WA_EXPORT
#endif
#endif

/* A header declares a function with WA_FUNC, and a constant with WA_DATA. The definition of the constant begins with
 * WA_DATA_DEFINITION; the definition of the function has no mark. */
#ifndef WA_FUNC
#if defined(__GNUC__) && !defined(_WIN32)
#define WA_FUNC __attribute__((visibility("hidden"))) extern
#else
#define WA_FUNC extern
#endif
#define WA_DATA WA_FUNC
#define WA_DATA_DEFINITION
#endif

#endif
