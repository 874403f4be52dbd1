/* Output files: whole or not at all, failures as sentences, nothing left behind. */
#include "host/files/output.h"
#include "tests/files_support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

TestSuite(files_output, .init = make_folder, .fini = remove_folder);

static mn_output *open_good(const char *path, mn_error *error)
{
    mn_output *output;
    cr_assert(mn_output_open(path, error, &output) == MN_OK, "%s", error->text);
    return output;
}

static void expect_text(const char *path, const char *expected)
{
    char *text = read_text(path);
    cr_expect(text && !strcmp(text, expected), "%s: found %s", path, text ? text : "no file");
    free(text);
}

Test(files_output, file_appears_whole_on_commit)
{
    mn_error error = {0};
    const char *path = in_folder("new");
    mn_output *output = open_good(path, &error);
    mn_output_printf(output, "%d and %s\n", 7, "text");
    char *room = mn_output_room(output, 3);
    memcpy(room, "abc", 3);
    mn_output_advance(output, 3);
    mn_output_flush(output);
    cr_expect(access(path, F_OK) != 0, "not there before the commit");
    cr_expect_eq(mn_output_commit(output), MN_OK);
    expect_text(path, "7 and text\nabc");
    cr_expect_eq(folder_entries(), 1);
}

Test(files_output, large_pieces_keep_their_order)
{
    enum { SIZE = 3000001 };
    mn_error error = {0};
    char *text = malloc(SIZE + 1);
    for (int i = 0; i < SIZE; i++)
        text[i] = (char)('a' + i % 23);
    text[SIZE] = 0;
    mn_output *output = open_good(in_folder("large"), &error);
    mn_output_write(output, "<", 1);
    mn_output_write(output, text, SIZE);
    mn_output_printf(output, "%.2000s>", text);
    for (int i = 0; i < 700; i++)
        mn_output_write(output, text, 1000);
    cr_expect_eq(mn_output_commit(output), MN_OK);
    char *found = read_text(in_folder("large"));
    cr_assert_eq(strlen(found), 1 + SIZE + 2001 + 700000);
    cr_expect(found[0] == '<' && !memcmp(found + 1, text, SIZE) && !memcmp(found + 1 + SIZE, text, 2000) &&
              found[1 + SIZE + 2000] == '>');
    free(found);
    free(text);
}

Test(files_output, discard_leaves_the_old_file)
{
    mn_error error = {0};
    const char *path = write_bytes("old", "old", 3);
    mn_output *output = open_good(path, &error);
    mn_output_write(output, "new", 3);
    mn_output_flush(output);
    mn_output_discard(output);
    mn_output_discard(NULL);
    expect_text(path, "old");
    cr_expect_eq(folder_entries(), 1);
}

Test(files_output, replaced_file_keeps_its_permissions_and_links)
{
    mn_error error = {0};
    const char *path = write_bytes("old", "old", 3), *link_path = in_folder("link");
    cr_assert_eq(chmod(path, 0640), 0);
    cr_assert_eq(symlink("old", link_path), 0);
    mn_output *output = open_good(link_path, &error);
    mn_output_write(output, "new", 3);
    cr_expect_eq(mn_output_commit(output), MN_OK);
    struct stat about;
    cr_expect(lstat(link_path, &about) == 0 && S_ISLNK(about.st_mode));
    cr_expect(stat(path, &about) == 0 && (about.st_mode & 0777) == 0640);
    expect_text(path, "new");
}

Test(files_output, failures_to_open_are_named)
{
    mn_error error = {0};
    mn_output *output;
    expect_failure(mn_output_open(in_folder("none/file"), &error, &output), MN_FAILURE, &error,
                   "none/file: cannot be written: No such file", "missing folder");
    cr_expect(output == NULL);
    expect_failure(mn_output_open(folder, &error, &output), MN_FAILURE, &error, "cannot be written: Is a directory",
                   "folder");
    expect_failure(mn_output_open("", &error, &output), MN_FAILURE, &error, "cannot be written: No such file",
                   "no name");
    write_bytes("file", "x", 1);
    expect_failure(mn_output_open(in_folder("file/below"), &error, &output), MN_FAILURE, &error, "Not a directory",
                   "below a file");
    cr_expect_eq(folder_entries(), 1);
}

Test(files_output, folder_without_permission_is_named)
{
    /* Root may write anywhere: the check is made by a child that is not. */
    cr_assert_eq(chmod(folder, 0555), 0);
    const pid_t child = fork();
    if (child == 0) {
        mn_error error = {0};
        mn_output *output;
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(3);
        const mn_status status = mn_output_open(in_folder("x"), &error, &output);
        _exit(status == MN_FAILURE && strstr(error.text, "Permission denied") ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    chmod(folder, 0755);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(files_output, full_disk_is_a_sentence)
{
    mn_error error = {0};
    mn_output *output = open_good("/dev/full", &error);
    cr_expect_eq(mn_output_write(output, "x", 1), MN_OK, "buffered");
    expect_failure(mn_output_commit(output), MN_FAILURE, &error,
                   "/dev/full: cannot be written: No space left on device", "/dev/full");
    output = open_good("/dev/full", &error);
    char *large = calloc(1, 3 << 20);
    expect_failure(mn_output_write(output, large, 3 << 20), MN_FAILURE, &error, "No space left", "large write");
    cr_expect_eq(mn_output_printf(output, "x"), MN_FAILURE, "the first failure stays");
    cr_expect(mn_output_room(output, 10) == NULL);
    mn_output_discard(output);
    free(large);
}

Test(files_output, closed_pipe_is_a_sentence)
{
    signal(SIGPIPE, SIG_IGN);
    const char *path = in_folder("fifo");
    cr_assert_eq(mkfifo(path, 0600), 0);
    const int reader = open(path, O_RDONLY | O_NONBLOCK);
    mn_error error = {0};
    cr_expect(mn_output_is_direct(path));
    mn_output *output = open_good(path, &error);
    mn_output_write(output, "x", 1);
    cr_expect_eq(mn_output_flush(output), MN_OK);
    char byte;
    cr_expect(read(reader, &byte, 1) == 1 && byte == 'x');
    close(reader);
    mn_output_write(output, "y", 1);
    expect_failure(mn_output_commit(output), MN_FAILURE, &error, "fifo: cannot be written: Broken pipe", "closed pipe");
    cr_expect_eq(folder_entries(), 1, "written directly");
}

Test(files_output, devices_are_written_directly)
{
    mn_error error = {0};
    cr_expect(mn_output_is_direct("-") && mn_output_is_direct("/dev/null") && !mn_output_is_direct(in_folder("none")) &&
              !mn_output_is_direct(folder));
    mn_output *output;
    cr_assert_eq(mn_output_open_part("/dev/null", 0, &error, &output), MN_OK);
    mn_output_write(output, "x", 1);
    cr_expect_eq(mn_output_commit(output), MN_OK);
    cr_expect(access("/dev/null.part", F_OK) != 0);
}

/* ---- PATH.part ------------------------------------------------------------------------------------------------------------------ */

Test(files_output, part_file_stays_and_is_continued)
{
    mn_error error = {0};
    const char *path = in_folder("sweep.csv");
    char *part = mn_output_part_path(path);
    mn_output *output;
    cr_assert(mn_output_open_part(path, 0, &error, &output) == MN_OK, "%s", error.text);
    mn_output_write(output, "one\ntwo\nth", 10);
    cr_expect_eq(mn_output_keep_part(output), MN_OK);
    expect_text(part, "one\ntwo\nth");
    cr_expect(access(path, F_OK) != 0);

    cr_assert(mn_output_open_part(path, 8, &error, &output) == MN_OK, "%s", error.text);
    mn_output_write(output, "three\n", 6);
    cr_expect_eq(mn_output_commit(output), MN_OK);
    expect_text(path, "one\ntwo\nthree\n");
    cr_expect_eq(folder_entries(), 1);
    free(part);
}

Test(files_output, part_file_shorter_than_what_is_kept_is_refused)
{
    mn_error error = {0};
    mn_output *output;
    write_bytes("x.part", "1234", 4);
    expect_failure(mn_output_open_part(in_folder("x"), 5, &error, &output), MN_BAD_INPUT, &error,
                   "expected at least 5 bytes to go on from, found 4", "short");
    expect_text(in_folder("x.part"), "1234");
    cr_assert_eq(mn_output_open_part(in_folder("x"), 0, &error, &output), MN_OK);
    mn_output_discard(output);
    cr_expect_eq(folder_entries(), 0, "discard removes what was written");
}

/* Killed at any moment, a file is the old one or the new one. */
Test(files_output, kill_leaves_the_old_file_or_the_new_one)
{
    const char *path = write_bytes("x", "old", 3);
    for (int round = 0; round < 20; round++) {
        const pid_t child = fork();
        if (child == 0) {
            mn_error error = {0};
            for (;;) {
                mn_output *output;
                if (mn_output_open(path, &error, &output) != MN_OK)
                    _exit(1);
                for (int i = 0; i < 200000; i++)
                    mn_output_write(output, "new", 3);
                mn_output_commit(output);
            }
        }
        usleep((useconds_t)(1000 + 700 * round));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        char *text = read_text(path);
        cr_expect(text && (!strcmp(text, "old") || strlen(text) == 600000), "round %d", round);
        free(text);
    }
}
