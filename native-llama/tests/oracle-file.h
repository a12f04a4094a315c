// The norms of a GGUF's weights, for the scores of neurons.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

class oracle_file {
public:
    explicit oracle_file(const std::string & path);
    ~oracle_file();

    // [n_ff] of an expert, or of expert 0 where there are none: ‖up_j‖·‖down_j‖; `up` may be empty.
    const std::vector<double> & norms(const std::string & up, int64_t up_first, const std::string & down, int64_t n_ff, int64_t expert);

private:
    struct contents;
    std::unique_ptr<contents> file;

    std::map<std::tuple<std::string, std::string, int64_t>, std::vector<double>> cache;
};
