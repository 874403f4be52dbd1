/* What the tests of host/files share: a folder of their own, small files, and comparison of sentences. */
#ifndef MN_TESTS_FILES_SUPPORT_H
#define MN_TESTS_FILES_SUPPORT_H

#include "host/core/table.h"
#include "host/files/table_json.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static inline void make_folder(void)
{
    strcpy(folder, "/tmp/mathnas-files-XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
}

/* How many entries the folder holds; "nothing left behind" is a count. */
static inline int folder_entries(void)
{
    int count = 0;
    DIR *open_folder = opendir(folder);
    cr_assert(open_folder != NULL);
    for (const struct dirent *entry; (entry = readdir(open_folder)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(open_folder);
    return count;
}

static inline void remove_folder(void)
{
    char path[512];
    DIR *open_folder = opendir(folder);
    for (const struct dirent *entry; open_folder && (entry = readdir(open_folder)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            remove(path);
    }
    if (open_folder)
        closedir(open_folder);
    rmdir(folder);
}

/* Path of `name` in the folder; valid until the call after the next seven. */
static inline const char *in_folder(const char *name)
{
    static char paths[8][512];
    static int next;
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

static inline const char *write_bytes(const char *name, const void *bytes, size_t size)
{
    const char *path = in_folder(name);
    FILE *file = fopen(path, "wb");
    cr_assert(file != NULL);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
    return path;
}

/* The content of a file, terminated; the caller frees it. NULL when it does not exist. */
static inline char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *text = calloc(1, 1 << 22);
    const size_t size = fread(text, 1, (1 << 22) - 1, file);
    text[size] = 0;
    fclose(file);
    return text;
}

/* A failure of this status whose sentence holds `fragment`. */
static inline void expect_failure(mn_status status, mn_status expected, const mn_error *error, const char *fragment,
                                  const char *input)
{
    cr_expect(status == expected && error->status == expected, "%s: status %d, expected %d (%s)", input, status,
              expected, error->text);
    cr_expect(strstr(error->text, fragment) != NULL, "%s: expected a sentence with\n    %s\n  found\n    %s", input,
              fragment, error->text);
}

/* `text` with the first `old` replaced; the caller frees it. */
static inline char *with_replacement(const char *text, const char *old, const char *replacement)
{
    const char *at = strstr(text, old);
    cr_assert(at != NULL, "the text lacks %s", old);
    char *changed = malloc(strlen(text) + strlen(replacement) + 1);
    sprintf(changed, "%.*s%s%s", (int)(at - text), text, replacement, at + strlen(old));
    return changed;
}

/* A table from text that must be good. */
static inline mn_table *table_of(const char *text)
{
    mn_table *table = mn_table_new();
    const mn_status status = mn_table_read_memory("t.json", text, strlen(text), table);
    cr_assert(status == MN_OK, "%s", table->error.text);
    return table;
}

#endif
