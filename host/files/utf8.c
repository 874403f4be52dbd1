#include "host/files/utf8.h"

#include <stdint.h>
#include <string.h>

static size_t skip_ascii(const unsigned char *text, size_t at, size_t size)
{
    for (uint64_t word; at + sizeof word <= size; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    while (at < size && text[at] < 0x80)
        at++;
    return at;
}

/* Length of the multi-byte character at `text`, 0 when it is malformed (table 3-7 of the Unicode standard). */
static size_t character_length(const unsigned char *text, size_t size)
{
    const unsigned char lead = text[0];
    unsigned char low = 0x80, high = 0xbf;
    size_t length;
    if (lead >= 0xc2 && lead <= 0xdf)
        length = 2;
    else if (lead >= 0xe0 && lead <= 0xef)
        length = 3;
    else if (lead >= 0xf0 && lead <= 0xf4)
        length = 4;
    else
        return 0;
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    if (length > size || text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

size_t mn_utf8_prefix(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t at = 0;;) {
        at = skip_ascii(bytes, at, size);
        if (at == size)
            return size;
        const size_t length = character_length(bytes + at, size - at);
        if (length == 0)
            return at;
        at += length;
    }
}

int mn_utf8_shown(const char *text, size_t length, int most)
{
    if (length <= (size_t)most)
        return (int)length;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

int mn_line_of(const char *text, size_t offset)
{
    int line = 1;
    for (const char *at = text, *end = text + offset; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        line++;
    return line;
}
