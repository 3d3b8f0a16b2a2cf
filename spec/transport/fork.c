/* fork, wait and _exit for spec/transport/fork_spec.lua, on any Lua: loaded with package.loadlib, and each called with
 * one argument. Needs nothing of Lua: the number that a C function returns says how many of its arguments are its
 * results. */
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct lua_State;

int fork_here(struct lua_State *L);
int child_ended(struct lua_State *L);
int leave(struct lua_State *L);

static pid_t child;

/* the argument in the parent, nothing in the child, which is ended after a minute */
int fork_here(struct lua_State *L)
{
    (void) L;
    child = fork();
    if (child == 0) alarm(60);
    return child == 0 ? 0 : 1;
}

/* the argument if the child has ended by itself; nothing if a signal ended it. What it exits with is not looked at:
 * under valgrind it is no 0, because what libcurl holds for the parent is never freed in the child. */
int child_ended(struct lua_State *L)
{
    int status = 0;
    (void) L;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? 1 : 0;
}

/* leaves the process as it is: nothing is flushed, closed or removed */
int leave(struct lua_State *L)
{
    (void) L;
    _exit(0);
}
