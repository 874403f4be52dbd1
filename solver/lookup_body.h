/* A lookup's loop, compiled once for each instruction set: lookup.c includes this file with LEVEL set to the end of the functions' names,
 * TARGET to their attribute, LANES to a vector of words and ANY(x) to a test whether one has a bit set. */

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME(name) JOIN(name, LEVEL)
#define INLINE static inline __attribute__((always_inline)) TARGET

/* The first network of a step that is in all sets and obeys the limits. */
INLINE int64_t NAME(search_step)(const mn_lookup *t, const chosen_sets *chosen, const int64_t *capacities, size_t step)
{
    enum { WORDS = sizeof(LANES) / sizeof(uint64_t) };
    for (size_t word = step * MN_LOOKUP_STEP; word < (step + 1) * MN_LOOKUP_STEP; word += WORDS) {
        LANES common = *(const LANES *)(chosen->sets[0] + word);
        for (int i = 1; i < chosen->count; i++)
            common &= *(const LANES *)(chosen->sets[i] + word);
        if (!ANY(common))
            continue;
        for (size_t i = 0; i < WORDS; i++)
            for (uint64_t bits = common[i]; bits; bits &= bits - 1) {
                const size_t place = (word + i) * 64 + (size_t)__builtin_ctzll(bits);
                if (chosen->exact || obeys(t, capacities, place))
                    return (int64_t)place;
            }
    }
    return MN_LOOKUP_NONE;
}

INLINE int64_t NAME(find)(const mn_lookup *t, const int64_t *capacities)
{
    chosen_sets chosen;
    if (!choose_sets(t, capacities, &chosen))
        return MN_LOOKUP_NONE;
    if (chosen.count == 0)
        return t->count > 0 ? 0 : MN_LOOKUP_NONE;
    for (size_t word = 0; word < t->occupied_words; word++) {
        uint64_t steps = chosen.occupied[0][word];
        for (int i = 1; i < chosen.count; i++)
            steps &= chosen.occupied[i][word];
        for (; steps; steps &= steps - 1) {
            const int64_t place = NAME(search_step)(t, &chosen, capacities, word * 64 + (size_t)__builtin_ctzll(steps));
            if (place >= 0)
                return place;
        }
    }
    return MN_LOOKUP_NONE;
}

TARGET static void NAME(answer)(const mn_lookup *t, uint64_t rows, const int64_t *capacities, int32_t *problems,
                                uint16_t *choices)
{
    for (uint64_t row = 0; row < rows; row++)
        write_answer(t, NAME(find)(t, capacities + row * (size_t)t->limit_count), &problems[row],
                     choices + row * t->width);
}

#undef INLINE
#undef NAME
#undef JOIN
#undef JOIN_
#undef LEVEL
#undef TARGET
#undef LANES
#undef ANY
