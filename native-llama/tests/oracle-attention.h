// Attention in double precision over the positions that a token should attend, from the queries, keys and values that the op
// read. It keeps its own account of which cell holds which position.

#pragma once

#include "choice-recorder.h"
#include "graph-observer.h"

#include "sol.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

struct visible_position {
    int64_t pos;
    int64_t cell;
};

// Which cells hold what, as the ops that write keys and the calls of the test say.
class oracle_cells {
public:
    void write(const std::string & cache, int64_t cell, llama_seq_id seq, llama_pos pos);
    void copy(llama_seq_id src, llama_seq_id dst);
    void remove(llama_seq_id seq, llama_pos p0, llama_pos p1);

    // Ascending; n_swa 0: without a window.
    std::vector<visible_position> visible(const std::string & cache, llama_seq_id seq, llama_pos pos, int64_t n_swa) const;

private:
    struct cell {
        llama_pos              pos;
        std::set<llama_seq_id> seqs;
    };

    std::map<std::string, std::map<int64_t, cell>> caches;
};

// Checks row `row` of the attention of a token at `pos` that should see `visible` and keeps `keep` of it. `index`: of the token in
// the decoded batch. Returns the pairs of query head and position that it attends.
int64_t check_attention(const char * what, const seen_attention & a, int64_t row, int64_t index, int64_t pos,
        const std::vector<visible_position> & visible, float keep, const sol_context_params & params, const choice_recorder & choices);
