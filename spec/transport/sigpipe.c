/* For spec/transport/sigpipe_spec.lua, loaded before the C library (LD_PRELOAD): a send to a closed connection raises
 * SIGPIPE, as the writes of libcurl before 7.87 over OpenSSL do. Changes nothing else. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

ssize_t send(int socket, const void *bytes, size_t length, int flags)
{
    static ssize_t (*system_send)(int, const void *, size_t, int);
    if (system_send == NULL) *(void **) &system_send = dlsym(RTLD_NEXT, "send");
    return system_send(socket, bytes, length, flags & ~MSG_NOSIGNAL);
}
