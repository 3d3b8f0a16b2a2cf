/* For spec/transport/stream_fault_spec.lua, loaded before the C library (LD_PRELOAD): a disk that cannot be read from byte
 * $READ_ERROR_AT of a file on. Changes nothing else. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static int is_bad(long long at)
{
    const char *from = getenv("READ_ERROR_AT");
    if (from == NULL || at < atoll(from)) return 0;
    errno = EIO;
    return 1;
}

ssize_t pread(int file, void *to, size_t length, off_t at)
{
    static ssize_t (*system_pread)(int, void *, size_t, off_t);
    if (system_pread == NULL) *(void **) &system_pread = dlsym(RTLD_NEXT, "pread");
    return is_bad(at) ? -1 : system_pread(file, to, length, at);
}

ssize_t pread64(int file, void *to, size_t length, off64_t at)
{
    static ssize_t (*system_pread)(int, void *, size_t, off64_t);
    if (system_pread == NULL) *(void **) &system_pread = dlsym(RTLD_NEXT, "pread64");
    return is_bad(at) ? -1 : system_pread(file, to, length, at);
}
