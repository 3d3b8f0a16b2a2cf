/* For spec/transport/put_off_spec.lua, loaded before the C library (LD_PRELOAD): the system takes nothing of a large
 * send at the first time, as it does under load, and all of it when asked again. Which send that is stands in
 * $PUT_OFF. Changes nothing else. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { LARGE = 2000 };

ssize_t send(int socket, const void *bytes, size_t length, int flags)
{
    static ssize_t (*system_send)(int, const void *, size_t, int);
    static int count;
    const char *put_off = getenv("PUT_OFF");
    if (system_send == NULL) *(void **) &system_send = dlsym(RTLD_NEXT, "send");
    if (length >= LARGE && put_off != NULL && ++count == atoi(put_off)) {
        errno = EAGAIN;
        return -1;
    }
    return system_send(socket, bytes, length, flags);
}
