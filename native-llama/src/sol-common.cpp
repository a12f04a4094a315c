// The few functions that upstream's chat code wants of its common.cpp and log.cpp, which are not built: those bring the command
// line, downloads and a thread for logging.

#include "common.h"
#include "log.h"

#include "sol-error.h"

#include <algorithm>

// Its messages say in passing what its exceptions say to the caller: nothing is shown.
int common_log_get_verbosity_thold() {
    return LOG_LEVEL_OUTPUT - 1;
}

common_log * common_log_main() {
    return nullptr;
}

void common_log_add(common_log * /*log*/, ggml_log_level /*level*/, const char * /*fmt*/, ...) {}

void string_replace_all(std::string & s, const std::string & search, const std::string & replace) {
    if (search.empty()) {
        return;
    }

    for (size_t pos = 0; (pos = s.find(search, pos)) != std::string::npos; pos += replace.size()) {
        s.replace(pos, search.size(), replace);
    }
}

std::string string_join(const std::vector<std::string> & values, const std::string & separator) {
    std::string res;
    for (size_t i = 0; i < values.size(); ++i) {
        res += (i > 0 ? separator : "") + values[i];
    }
    return res;
}

std::vector<std::string> string_split(const std::string & str, const std::string & delimiter) {
    std::vector<std::string> res;
    size_t begin = 0;
    for (size_t end; (end = str.find(delimiter, begin)) != std::string::npos; begin = end + delimiter.size()) {
        res.push_back(str.substr(begin, end - begin));
    }
    res.push_back(str.substr(begin));
    return res;
}

std::string string_repeat(const std::string & str, size_t n) {
    std::string res;
    for (size_t i = 0; i < n; ++i) {
        res += str;
    }
    return res;
}

std::string regex_escape(const std::string & s) {
    std::string res;
    for (const char c : s) {
        if (std::string(".^$|()*+?[]{}\\").find(c) != std::string::npos) {
            res += '\\';
        }
        res += c;
    }
    return res;
}

std::vector<llama_token> common_tokenize(const llama_vocab * vocab, const std::string & text, bool add_special, bool parse_special) {
    sol_require(text.size() <= INT32_MAX, "the text is too long to be tokenised at once");

    const int32_t n = -llama_tokenize(vocab, text.data(), text.size(), nullptr, 0, add_special, parse_special);
    std::vector<llama_token> res(std::max(n, 0));
    if (n > 0) {
        llama_tokenize(vocab, text.data(), text.size(), res.data(), n, add_special, parse_special);
    }
    return res;
}

std::string common_token_to_piece(const llama_vocab * vocab, llama_token token, bool special) {
    const int32_t n = -llama_token_to_piece(vocab, token, nullptr, 0, /*lstrip =*/ 0, special);
    std::string res(std::max(n, 0), '\0');
    if (n > 0) {
        llama_token_to_piece(vocab, token, &res[0], n, /*lstrip =*/ 0, special);
    }
    return res;
}
