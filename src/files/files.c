/* whatsapp.files: makes a new file that only its owner can read, and moves a file to its place without replacing
 * another file. Each is one call of the system, so that no other process can act in between. Never reads or writes a
 * byte of a file. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE  /* syscall */
#define _DARWIN_C_SOURCE /* renamex_np */

#include "../compat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#if defined(_WIN32)
#include <io.h>
#include <sys/stat.h>
#include <windows.h>
#else
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#endif

/* ---- the system -------------------------------------------------------------------------------------------------- */

/* create_file and move_file return 0, or the number of an error. */
#if defined(_WIN32)

static int create_file(const char *path)
{
    int file = _open(path, _O_CREAT | _O_EXCL | _O_WRONLY | _O_BINARY, _S_IREAD | _S_IWRITE);
    if (file < 0) return errno;
    _close(file);
    return 0;
}

static int move_file(const char *from, const char *to)
{
    if (MoveFileExA(from, to, MOVEFILE_COPY_ALLOWED))
        return 0; /* without MOVEFILE_REPLACE_EXISTING it replaces nothing */
    DWORD err = GetLastError();
    return err == ERROR_ALREADY_EXISTS || err == ERROR_FILE_EXISTS ? EEXIST
           : err == ERROR_ACCESS_DENIED                            ? EACCES
                                                                   : ENOENT;
}

#else

static int create_file(const char *path)
{
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY, S_IRUSR | S_IWUSR);
    if (file < 0) return errno;
    close(file);
    return 0;
}

/* Renames a file unless the new name exists. Returns ENOSYS if the system or the file system has no such call. */
static int rename_exclusively(const char *from, const char *to)
{
#if defined(__linux__) && defined(SYS_renameat2)
    enum { NO_REPLACE = 1 };
    if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, NO_REPLACE) == 0) return 0;
    return errno == EINVAL ? ENOSYS : errno;
#elif defined(__APPLE__) && defined(RENAME_EXCL)
    if (renamex_np(from, to, RENAME_EXCL) == 0) return 0;
    return errno == ENOTSUP || errno == EINVAL ? ENOSYS : errno;
#else
    (void) from;
    (void) to;
    return ENOSYS;
#endif
}

/* Moves a file without replacing another one: makes a second name (link) and removes the first one. If the file system
 * has no links, tries a rename that replaces nothing. */
static int move_file(const char *from, const char *to)
{
    if (link(from, to) == 0) {
        unlink(from);
        return 0;
    }
    int err = errno;
    bool certain = err == EEXIST || err == ENOENT || err == ENOTDIR || err == EXDEV || err == ENAMETOOLONG;
    return certain ? err : rename_exclusively(from, to);
}

#endif

/* ---- to Lua ------------------------------------------------------------------------------------------------------ */

/* [-0, +0, v] Returns the path at the index; raises an error for an empty path, or one with a zero byte. */
static const char *check_path(lua_State *L, int index)
{
    size_t length;
    const char *path = luaL_checklstring(L, index, &length);
    luaL_argcheck(L, length > 0 && strlen(path) == length, index, "a path must not be empty or contain a zero byte");
    return path;
}

/* [-0, +1|3, m] pushes true, or nil, err and why: "exists", "untried" or "failed" */
static int push_outcome(lua_State *L, int err)
{
    if (err == 0) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, err == ENOSYS ? "this file system can move nothing without replacing" : strerror(err));
    lua_pushstring(L, err == EEXIST ? "exists" : err == ENOSYS ? "untried" : "failed");
    return 3;
}

/* [-0, +1|3, v] create(path) -> true | nil, err, why: a new and empty file, readable and writable by its owner only */
static int create(lua_State *L)
{
    return push_outcome(L, create_file(check_path(L, 1)));
}

/* [-0, +1|3, v] place(from, to) -> true | nil, err, why: moves a file, unless `to` exists */
static int place(lua_State *L)
{
    const char *from = check_path(L, 1), *to = check_path(L, 2);
    return push_outcome(L, move_file(from, to));
}

WA_EXPORT int luaopen_whatsapp_files(lua_State *L);

/* [-0, +1, m] */
int luaopen_whatsapp_files(lua_State *L)
{
    static const luaL_Reg functions[] = {{"create", create}, {"place", place}, {NULL, NULL}};
    lua_createtable(L, 0, 2);
    wa_register(L, functions);
    return 1;
}
