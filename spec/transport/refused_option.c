/* For spec/transport/refused_option_spec.lua, loaded before libcurl (LD_PRELOAD): libcurl does not know the option that
 * $REFUSED names, and, if $NO_HTTP2 is set, has no HTTP/2. Changes nothing else. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#undef curl_easy_setopt

#define OPTION(name) {#name, CURLOPT_##name}

static const struct {
    const char *name;
    CURLoption option;
} options[] = {OPTION(FOLLOWLOCATION), OPTION(SSL_VERIFYPEER), OPTION(SSL_VERIFYHOST), OPTION(SSLVERSION), OPTION(TIMEOUT_MS),
    OPTION(PROTOCOLS), OPTION(HTTP_VERSION), OPTION(CAPATH), OPTION(PIPEWAIT), OPTION(NOSIGNAL), OPTION(TCP_KEEPALIVE),
#if LIBCURL_VERSION_NUM >= 0x075700
    OPTION(QUICK_EXIT),
#endif
#if LIBCURL_VERSION_NUM >= 0x075500
    OPTION(PROTOCOLS_STR),
#endif
};

static int is_refused(CURLoption option)
{
    const char *refused = getenv("REFUSED");
    for (size_t i = 0; refused != NULL && i < sizeof options / sizeof *options; i++) {
        if (options[i].option == option && strcmp(options[i].name, refused) == 0) return 1;
    }
    return 0;
}

/* on 64-bit Linux a long, a curl_off_t and a pointer are passed alike */
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    static CURLcode (*set)(CURL *, CURLoption, ...);
    va_list rest;
    va_start(rest, option);
    void *value = va_arg(rest, void *);
    va_end(rest);
    if (set == NULL) *(void **) &set = dlsym(dlopen("libcurl.so.4", RTLD_NOW), "curl_easy_setopt");
    return is_refused(option) ? CURLE_UNKNOWN_OPTION : set(easy, option, value);
}

curl_version_info_data *curl_version_info(CURLversion age)
{
    static curl_version_info_data *(*ask)(CURLversion);
    static curl_version_info_data info;
    if (ask == NULL) *(void **) &ask = dlsym(dlopen("libcurl.so.4", RTLD_NOW), "curl_version_info");
    info = *ask(age);
    if (getenv("NO_HTTP2") != NULL) info.features &= ~CURL_VERSION_HTTP2;
    return &info;
}
