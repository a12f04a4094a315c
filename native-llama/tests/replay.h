// A sequence's own history, recorded in a context that it shares with others, and replayed alone in a fresh one.
//
// Sums are ordered otherwise in another batch and in another layout of the cells. Keys and values are rounded to F16 for the
// cache, so that a last bit before may be 2^-11 after; and where two scores all but tie, a last bit decides what is kept. The
// recorded sets are therefore put in place of those that the replay chose, which are counted where they differ: what remains
// is rounding, and results are compared to a tolerance. Counters must be equal.

#pragma once

#include "test-support.h"

#include "sol-choice.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

struct decoded_token {
    llama_token token;
    llama_pos   pos;
    bool        output;
    sol_knobs   knobs;

    // of an output
    std::vector<float> logits;
    std::vector<float> hidden;

    sol_usage usage {}; // where the batch had knobs

    using part = std::tuple<sol_choice_kind, int32_t, int32_t>; // with layer and part
    std::map<part, std::vector<uint8_t>> chosen;
};

using token_ptr = std::shared_ptr<const decoded_token>;

// What happened to the contents of one sequence.
struct sequence_event {
    enum { DECODE, REMOVE, SHIFT } what;

    std::vector<token_ptr> tokens; // DECODE: those of one batch
    bool with_knobs = true;

    llama_pos p0    = 0; // REMOVE, SHIFT
    llama_pos p1    = 0;
    llama_pos delta = 0;
};

using sequence_history = std::vector<sequence_event>;

// The sets that a batch chooses. Thrown through ggml, an exception would not arrive: the first fault is kept instead.
class sequence_recorder : public sol_choice_observer {
public:
    std::vector<decoded_token *> tokens; // of the running batch
    std::string                  fault;

    void on_choice(const sol_choice & c, uint8_t * keep, int64_t n) override {
        const std::lock_guard<std::mutex> lock(mutex);

        if (c.index < 0 || c.index >= (int32_t) tokens.size()) {
            fault = "a choice for token " + std::to_string(c.index) + " of a batch of " + std::to_string(tokens.size());
            return;
        }
        if (!tokens[c.index]->chosen.try_emplace({ c.kind, c.il, c.part }, keep, keep + n).second) {
            fault = "two choices for one part of layer " + std::to_string(c.il);
        }
    }

private:
    std::mutex mutex;
};

// How a replay went; sums over several.
struct replay_result {
    int64_t n_tokens  = 0;
    int64_t n_choices = 0;
    int64_t n_differ  = 0;    // choices that the replay would have made otherwise
    int64_t n_differ_first = 0; // … of pages in layer 0, where queries and keys have not been through any attention
    float   logits    = 0.0f; // largest difference, relative to the largest magnitude
    float   hidden    = 0.0f;
    double  error     = 0.0;  // of all logits, the sum of squares of the differences
    double  energy    = 0.0;  // … and of the logits

    // Root mean square of the differences, relative to that of the logits.
    double relative_error() const { return energy > 0.0 ? std::sqrt(error/energy) : 0.0; }

    void add(const replay_result & other) {
        n_tokens       += other.n_tokens;
        n_choices      += other.n_choices;
        n_differ       += other.n_differ;
        n_differ_first += other.n_differ_first;
        logits = std::max(logits, other.logits);
        hidden = std::max(hidden, other.hidden);
        error  += other.error;
        energy += other.energy;
    }

    void add_difference(const decoded_token & recorded, const decoded_token & own) {
        logits = std::max(logits, max_difference(recorded.logits, own.logits));
        hidden = std::max(hidden, max_difference(recorded.hidden, own.hidden));

        for (size_t i = 0; i < own.logits.size(); ++i) {
            const double difference = recorded.logits[i] - own.logits[i];
            error  += difference*difference;
            energy += (double) own.logits[i]*own.logits[i];
        }
    }
};

class sequence_replayer : public sol_choice_observer {
public:
    std::vector<token_ptr> tokens;
    std::string            fault;
    replay_result          result;

    void on_choice(const sol_choice & c, uint8_t * keep, int64_t n) override {
        const std::lock_guard<std::mutex> lock(mutex);

        ++result.n_choices;

        const auto & chosen = tokens.at(c.index)->chosen;
        const auto   it     = chosen.find({ c.kind, c.il, c.part });
        if (it == chosen.end()) {
            fault = "chose in layer " + std::to_string(c.il) + ", part " + std::to_string(c.part) + ", where nothing was recorded";
            return;
        }

        const std::vector<uint8_t> own(keep, keep + n);
        const auto count = [](const std::vector<uint8_t> & set) { return std::count(set.begin(), set.end(), 1); };

        if (own.size() != it->second.size() || count(own) != count(it->second)) {
            fault = "chose " + std::to_string(count(own)) + " of " + std::to_string(n) + " in layer " + std::to_string(c.il)
                    + ", recorded were " + std::to_string(count(it->second)) + " of " + std::to_string(it->second.size());
            return;
        }
        if (own != it->second) {
            ++result.n_differ;
            result.n_differ_first += c.kind == sol_choice_kind::PAGES && c.il == 0;
        }
        std::copy(it->second.begin(), it->second.end(), keep);
    }

private:
    std::mutex mutex;
};

// Reads the results of token `i` of the last decode.
inline void read_result(sol_context & context, int32_t i, bool with_knobs, int64_t n_hidden, decoded_token & token) {
    if (token.output) {
        token.logits = logits_of(context, i);

        const float * hidden = nullptr;
        CHECK_OK(sol_hidden(&context, i, &hidden));
        token.hidden.assign(hidden, hidden + n_hidden);
    }
    if (with_knobs) {
        CHECK_OK(sol_get_usage(&context, i, &token.usage));
    }
}

// Decodes `batch`, which may be of several sequences, and tells every sequence's history. Nothing changes unless it is SOL_OK.
inline sol_status decode_recorded(sol_context & context, const tiny_model & m, const token_batch & batch, bool with_knobs,
        std::vector<sequence_history> & histories) {
    std::vector<std::shared_ptr<decoded_token>> tokens;
    sequence_recorder recorder;
    for (int32_t i = 0; i < batch.size(); ++i) {
        tokens.push_back(std::make_shared<decoded_token>());
        tokens.back()->token  = batch.token[i];
        tokens.back()->pos    = batch.pos[i];
        tokens.back()->output = batch.output[i];
        tokens.back()->knobs  = batch.knobs[i];
        recorder.tokens.push_back(tokens.back().get());
    }

    context.state->choices = &recorder;
    const sol_batch  view   = batch.view(with_knobs);
    const sol_status status = sol_decode(&context, &view);
    context.state->choices = nullptr;

    if (status != SOL_OK) {
        return status;
    }
    CHECK(recorder.fault.empty(), "%s", recorder.fault.c_str());

    std::map<llama_seq_id, sequence_event> events;
    for (int32_t i = 0; i < batch.size(); ++i) {
        read_result(context, i, with_knobs, m.n_embd, *tokens[i]);

        sequence_event & event = events[batch.seq_id[i]];
        event.what       = sequence_event::DECODE;
        event.with_knobs = with_knobs;
        event.tokens.push_back(tokens[i]);
    }
    for (auto & [seq, event] : events) {
        histories[seq].push_back(std::move(event));
    }
    return SOL_OK;
}

inline void replay_decode(sol_context & context, const tiny_model & m, const sequence_event & event, sequence_replayer & replayer) {
    token_batch batch;
    size_t      n_recorded = 0;
    for (const token_ptr & t : event.tokens) {
        batch.add(t->token, t->pos, 0, t->output, t->knobs);
        n_recorded += t->chosen.size();
    }
    const int64_t n_before = replayer.result.n_choices;

    replayer.tokens = event.tokens;
    context.state->choices = &replayer;
    const sol_batch view = batch.view(event.with_knobs);
    CHECK_OK(sol_decode(&context, &view));
    context.state->choices = nullptr;

    CHECK(replayer.fault.empty(), "position %d: %s", event.tokens.front()->pos, replayer.fault.c_str());
    CHECK(replayer.result.n_choices - n_before == (int64_t) n_recorded, "position %d: %d choices, recorded were %zu",
            event.tokens.front()->pos, (int) (replayer.result.n_choices - n_before), n_recorded);

    for (size_t i = 0; i < event.tokens.size(); ++i) {
        const decoded_token & recorded = *event.tokens[i];

        decoded_token own;
        own.output = recorded.output;
        read_result(context, (int32_t) i, event.with_knobs, m.n_embd, own);

        const sol_usage & a = recorded.usage;
        const sol_usage & b = own.usage;
        CHECK(memcmp(&a, &b, sizeof(sol_usage)) == 0,
                "position %d used full %d/%d sliding %d/%d mlp %d/%d shared %d/%d routed %d/%d, alone %d/%d %d/%d %d/%d %d/%d %d/%d", recorded.pos,
                (int) a.full_attended, (int) a.full_visible, (int) a.sliding_attended, (int) a.sliding_visible, (int) a.mlp_kept,
                (int) a.mlp_units, (int) a.shared_kept, (int) a.shared_units, (int) a.routed_kept, (int) a.routed_units,
                (int) b.full_attended, (int) b.full_visible, (int) b.sliding_attended, (int) b.sliding_visible, (int) b.mlp_kept,
                (int) b.mlp_units, (int) b.shared_kept, (int) b.shared_units, (int) b.routed_kept, (int) b.routed_units);

        ++replayer.result.n_tokens;
        if (recorded.output) {
            replayer.result.add_difference(recorded, own);
        }
    }
}

// Replays a history alone. `params` are those of the context where it was recorded.
inline replay_result replay(sol_model & model, const tiny_model & m, sol_context_params params, const sequence_history & history,
        bool own_attention = false) {
    uint32_t n_tokens = 0;
    for (const sequence_event & event : history) {
        n_tokens += (uint32_t) event.tokens.size();
    }
    params.n_seq_max = 1;
    params.n_ctx     = std::max(n_tokens, 1u);

    const context_ptr context = new_context(model, params);
    sequence_replayer replayer;
    context->state->own_attention = own_attention;

    for (const sequence_event & event : history) {
        switch (event.what) {
            case sequence_event::DECODE: replay_decode(*context, m, event, replayer); break;
            case sequence_event::REMOVE: CHECK_OK(sol_seq_rm(context.get(), 0, event.p0, event.p1)); break;
            case sequence_event::SHIFT:  CHECK_OK(sol_seq_shift(context.get(), 0, event.p0, event.p1, event.delta)); break;
        }
    }
    return replayer.result;
}
