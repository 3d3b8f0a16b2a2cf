/* Formats of strings: see terms.h. Each is a row: a test and its name. */
#include "terms.h"

static bool is_decimal(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* bytes of the scheme with its colon, 0 if there is none */
static size_t scheme(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = lower(text[i]);
        if (c == ':' && i > 0) return i + 1;
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && (i == 0 || !(is_decimal(c) || c == '+' || c == '-' || c == '.'))) return 0;
    }
    return 0;
}

static bool starts(const char *text, size_t length, const char *with)
{
    size_t i = 0;
    while (with[i] != '\0') {
        if (i >= length || lower(text[i]) != with[i]) return false;
        i++;
    }
    return length > i && text[i] != '/' && !is_space(text[i]);
}

static bool web_link(const char *text, size_t length)
{
    return starts(text, length, "https://") || starts(text, length, "http://");
}

static bool absolute(const char *text, size_t length)
{
    size_t size = scheme(text, length);
    return size > 0 && length > size && !is_space(text[size]);
}

static bool date(const char *text, size_t length)
{
    static const char form[] = "0000-00-00";
    if (length != sizeof form - 1) return false;
    for (size_t i = 0; i < length; i++) {
        if (form[i] == '0' ? !is_decimal(text[i]) : text[i] != form[i]) return false;
    }
    return true;
}

static bool trimmed(const char *text, size_t length)
{
    return !is_space(text[0]) && !is_space(text[length - 1]);
}

static bool one_line(const char *text, size_t length)
{
    int spaces = 0;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char) text[i] > ' ') {
            spaces = 0;
            continue;
        }
        spaces = text[i] == ' ' ? spaces + 1 : 0;
        if (spaces > 4 || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') return false;
    }
    return true;
}

static bool few_lines(const char *text, size_t length)
{
    int ends = 0;
    for (size_t i = 0; i < length; i++) ends += text[i] == '\n';
    return ends <= 2;
}

static bool (*const tests[WA_FORMAT_COUNT])(const char *text, size_t length) = {
    [WA_WEB_LINK] = web_link,
    [WA_ABSOLUTE] = absolute,
    [WA_DATE] = date,
    [WA_TRIMMED] = trimmed,
    [WA_ONE_LINE] = one_line,
    [WA_FEW_LINES] = few_lines,
};

WA_DATA_DEFINITION const char *const wa_format_names[WA_FORMAT_COUNT] = {
    [WA_ANY_FORMAT] = "anything",
    [WA_WEB_LINK] = "an http:// or https:// link",
    [WA_ABSOLUTE] = "a URL with its scheme, such as https://example.com",
    [WA_DATE] = "a date as YYYY-MM-DD",
    [WA_TRIMMED] = "without spaces at its ends",
    [WA_ONE_LINE] = "one line without tabs and without more than 4 spaces in a row",
    [WA_FEW_LINES] = "of at most 2 line ends",
};

bool wa_has_format(uint8_t format, const char *text, size_t length)
{
    return format == WA_ANY_FORMAT || length == 0 || tests[format](text, length);
}
