/* For spec/transport/refused_add_spec.lua, loaded before libcurl (LD_PRELOAD): libcurl has no memory for one request, the
 * one whose number stands in $REFUSED. Changes nothing else. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

enum { OUT_OF_MEMORY = 3 }; /* CURLM_OUT_OF_MEMORY */

int curl_multi_add_handle(void *multi, void *easy);

int curl_multi_add_handle(void *multi, void *easy)
{
    static int (*add)(void *, void *);
    static int count;
    const char *refused = getenv("REFUSED");
    if (add == NULL) *(void **) &add = dlsym(dlopen("libcurl.so.4", RTLD_NOW), "curl_multi_add_handle");
    if (refused != NULL && ++count == atoi(refused)) return OUT_OF_MEMORY;
    return add(multi, easy);
}
