/* Runs a fuzz target without libFuzzer: every seed file as it is, then random mutations of them, the same for a seed everywhere.
 *
 *     target ITERATIONS SEED FILE...
 *
 * Iterations and seed repeat a failure. With MN_REPLAY_SAVE=PATH every input is written to PATH before it runs, so that the one that
 * crashed is found there. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST_INPUT = 1 << 16, MOST_SEEDS = 256 };

typedef struct input {
    uint8_t *bytes;
    size_t size;
} input;

static input seeds[MOST_SEEDS];
static int seed_count;
static uint64_t state;

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t below(size_t limit)
{
    return limit ? (size_t)(next_random() % limit) : 0;
}

static void replace(input *target, size_t at, size_t removed, const uint8_t *bytes, size_t added)
{
    if (target->size - removed + added > LARGEST_INPUT)
        return;
    memmove(target->bytes + at + added, target->bytes + at + removed, target->size - at - removed);
    if (added > 0)
        memcpy(target->bytes + at, bytes, added);
    target->size += added - removed;
}

/* Pieces on which readers have stumbled before. */
static void insert_token(input *target)
{
    static const char *const tokens[] = {"\"",
                                         "\"\"",
                                         ",",
                                         "\r\n",
                                         "\n",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ":",
                                         "null",
                                         "true",
                                         "NaN",
                                         "-Infinity",
                                         "1e400",
                                         "-1",
                                         "65536",
                                         "9223372036854775808",
                                         "18446744073709551616",
                                         "0.0000000000000000001",
                                         "\\u0000",
                                         "\\ud800",
                                         "\xef\xbb\xbf",
                                         "\xff",
                                         "\x1f\x8b",
                                         "True",
                                         "(",
                                         ")",
                                         "<i8",
                                         "|u1",
                                         "<="};
    const char *token = tokens[below(sizeof tokens / sizeof *tokens)];
    replace(target, below(target->size + 1), 0, (const uint8_t *)token, strlen(token));
}

static void mutate(input *target)
{
    const size_t at = below(target->size), left = target->size - at;
    const input *other = &seeds[below((size_t)seed_count)];
    uint8_t piece[64];
    switch (target->size ? below(6) : 3) {
    case 0:
        target->bytes[at] ^= (uint8_t)(1u << below(8));
        break;
    case 1:
        target->bytes[at] = (uint8_t)next_random();
        break;
    case 2: {
        const size_t most = left < 32 ? left : 32;
        replace(target, at, 1 + below(most), NULL, 0);
        break;
    }
    case 3:
        insert_token(target);
        break;
    case 4: {
        const size_t length = 1 + below(left < sizeof piece ? left : sizeof piece);
        memcpy(piece, target->bytes + at, length);
        replace(target, below(target->size + 1), 0, piece, length);
        break;
    }
    default:
        if (other->size > 0) {
            const size_t from = below(other->size),
                         length = 1 + below(other->size - from < 256 ? other->size - from : 256);
            replace(target, at, below(left + 1), other->bytes + from, length);
        }
    }
}

static void run(const input *target)
{
    const char *path = getenv("MN_REPLAY_SAVE");
    if (path) {
        FILE *file = fopen(path, "wb");
        if (file) {
            fwrite(target->bytes, 1, target->size, file);
            fclose(file);
        }
    }
    /* A copy of the exact size, so that the address sanitizer sees a read past its end. */
    uint8_t *exact = malloc(target->size ? target->size : 1);
    if (!exact)
        return;
    memcpy(exact, target->bytes, target->size);
    LLVMFuzzerTestOneInput(exact, target->size);
    free(exact);
}

static int load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || seed_count == MOST_SEEDS) {
        fprintf(stderr, "%s: cannot be used as a seed\n", path);
        return 0;
    }
    input *seed = &seeds[seed_count++];
    seed->bytes = malloc(LARGEST_INPUT);
    seed->size = seed->bytes ? fread(seed->bytes, 1, LARGEST_INPUT, file) : 0;
    fclose(file);
    return seed->bytes != NULL;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: %s ITERATIONS SEED FILE...\n", argv[0]);
        return 2;
    }
    const uint64_t iterations = strtoull(argv[1], NULL, 10);
    state = strtoull(argv[2], NULL, 10);
    printf("%s: %s mutations of %d files, seed %s\n", argv[0], argv[1], argc - 3, argv[2]);
    fflush(stdout);
    for (int i = 3; i < argc; i++)
        if (!load(argv[i]))
            return 1;
    for (int i = 0; i < seed_count; i++)
        run(&seeds[i]);
    input target = {malloc(LARGEST_INPUT), 0};
    if (!target.bytes)
        return 1;
    for (uint64_t i = 0; i < iterations; i++) {
        const input *seed = &seeds[below((size_t)seed_count)];
        memcpy(target.bytes, seed->bytes, seed->size);
        target.size = seed->size;
        for (size_t changes = 1 + below(6); changes > 0; changes--)
            mutate(&target);
        run(&target);
    }
    free(target.bytes);
    for (int i = 0; i < seed_count; i++)
        free(seeds[i].bytes);
    return 0;
}
