/* Whether an answer is whole, where a size has 32 bits and libcurl's lengths have 64: one that was announced as 4 GiB,
 * and of which nothing was kept, is not. Stands in for libcurl; nothing is sent. Exits with 1 where the transfer is
 * wrong. */
#define CURL_DISABLE_TYPECHECK
#include "../../src/curl/transfer.h"

#include <stdarg.h>
#include <stdio.h>

#undef curl_easy_getinfo

static curl_off_t announced;

CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
    va_list arguments;
    (void) curl;
    va_start(arguments, info);
    if (info == CURLINFO_CONTENT_LENGTH_DOWNLOAD_T) *va_arg(arguments, curl_off_t *) = announced;
    if (info == CURLINFO_RESPONSE_CODE) *va_arg(arguments, long *) = 200;
    va_end(arguments);
    return CURLE_OK;
}

/* an answer of so many bytes, where so many were announced, that libcurl did not read to its end */
static int wrong(curl_off_t length, size_t kept, bool whole)
{
    wa_transfer t = {.head_ended = true, .head.length = 1, .body.length = kept, .code = CURLE_FILESIZE_EXCEEDED};
    announced = length;
    if (wa_transfer_is_whole(&t) == whole) return 0;
    printf("%lld bytes announced, %lu kept: taken for %s\n", (long long) length, (unsigned long) kept,
        whole ? "a part" : "whole");
    return 1;
}

int main(void)
{
    const curl_off_t beyond = (curl_off_t) 1 << 32;
    int failures = wrong(5, 5, true) + wrong(6, 5, false) + wrong(-1, 0, false);
    failures += wrong(beyond, 0, false) + wrong(beyond + 5, 5, false);
    return failures == 0 ? 0 : 1;
}
