/* The lines of a source that carry "mark NAME": what a report on the bug of that name must say. */
#ifndef MN_TESTS_SIMT_MARKS_H
#define MN_TESTS_SIMT_MARKS_H

#include <fstream>
#include <string>
#include <vector>

inline std::vector<std::string> marks(const std::string &name, const std::string &path = "tests/simt/planted.cu")
{
    std::vector<std::string> found;
    std::ifstream file(path);
    std::string text;
    for (int line = 1; std::getline(file, text); line++)
        if (text.find("mark " + name + " ") != std::string::npos)
            found.push_back(path + ":" + std::to_string(line));
    return found;
}

#endif
