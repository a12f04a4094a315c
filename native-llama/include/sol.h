// sol.h: per-token compute knobs for llama.cpp.
//
// The C API through which an application runs a model whose tokens each get their own amount of compute. It stands beside
// llama.h: `sol_model_llama` and `sol_context_llama` hand out the llama.h objects for everything that needs no wrapping
// (vocabulary, metadata, samplers). Calls of llama.h that may throw or abort are wrapped here.
//
// Conventions
//  - A call that can fail returns a sol_status; 0 is success. `sol_last_error()` then has a sentence that names what was wrong.
//  - No call lets a C++ exception out, and no argument of this API makes llama.cpp abort: what would is refused first.
//  - One context is used by one thread at a time, `sol_context_cancel` and `_uncancel` excepted. Models may be shared between threads,
//    and so may `sol_logprobs` that nobody writes to.
//  - A model must outlive its contexts.

#pragma once

#include "llama.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOL_API_VERSION 4

typedef struct sol_model    sol_model;
typedef struct sol_context  sol_context;
typedef struct sol_logprobs sol_logprobs;
typedef struct sol_grammar  sol_grammar;
typedef struct sol_chat     sol_chat;
typedef struct sol_chat_parser sol_chat_parser;

enum sol_status {
    SOL_OK                   = 0,
    SOL_INVALID_ARGUMENT     = 1, // the caller's mistake; nothing was done
    SOL_NOT_FOUND            = 2, // no such file
    SOL_INVALID_MODEL        = 3, // not a GGUF, damaged, or of an unsupported kind
    SOL_OUT_OF_MEMORY        = 4,
    SOL_KV_CACHE_FULL        = 5, // no room for the batch; the KV cache is as before
    SOL_CANCELLED            = 6, // sol_context_cancel; tokens of the unfinished micro-batch are not in the KV cache
    SOL_INTERNAL             = 7, // an error inside llama.cpp
};

// Must equal SOL_API_VERSION of the header the caller was compiled with.
LLAMA_API uint32_t sol_api_version(void);

// What went wrong in the last failed call of this thread. Valid until the thread's next call; never NULL.
LLAMA_API const char * sol_last_error(void);

// Messages of llama.cpp and ggml below this level are dropped, the others go to stderr. Default: GGML_LOG_LEVEL_ERROR.
// While a sol_* call runs its errors are kept for sol_last_error instead.
LLAMA_API void sol_log_level(enum ggml_log_level level);

// The source and the build: one line of JSON with the llama.cpp tree, the compiler and the flags.
LLAMA_API const char * sol_build_info(void);

//
// Models
//

struct sol_model_params {
    int32_t n_gpu_layers; // layers kept in GPU memory; -1 = all that fit the backend's own rule. Without a GPU: ignored
    bool    use_mmap;     // map the file (fast start, pages may be reclaimed) or read it into memory (steady timing)
    bool    vocab_only;   // tokenizer and metadata only; such a model makes no context
    const char * predictor; // a GGUF with a gate predictor for the model, or NULL
};

LLAMA_API struct sol_model_params sol_model_default_params(void);

// Loads a GGUF (for a split one: its first part). The file is checked before llama.cpp sees it.
LLAMA_API enum sol_status sol_model_load(const char * path, const struct sol_model_params * params, sol_model ** model);

LLAMA_API void sol_model_free(sol_model * model); // NULL is allowed

LLAMA_API struct llama_model * sol_model_llama(sol_model * model);

// Bytes of memory that the model's contexts have needed beside its weights so far: down projections in another order, the
// predictor. Contexts share them.
LLAMA_API size_t sol_model_extra_bytes(sol_model * model);

// The row of the input token embedding: out[n_embd], F32, without a scale that an architecture may apply to it.
LLAMA_API enum sol_status sol_model_token_embedding(sol_model * model, llama_token token, float * out);

// As llama_tokenize and llama_detokenize (llama.h), with a status. *n is the count written or, when `capacity` is too small,
// the capacity needed (with SOL_INVALID_ARGUMENT).
LLAMA_API enum sol_status sol_tokenize(
        sol_model * model, const char * text, int32_t text_len, bool add_special, bool parse_special,
        llama_token * tokens, int32_t capacity, int32_t * n);

// The bytes of one token; they need not be whole UTF-8 characters.
LLAMA_API enum sol_status sol_token_bytes(
        sol_model * model, llama_token token, bool special, char * out, int32_t capacity, int32_t * n);

// Writes `in` (F32, F16 or BF16) quantised to `ftype` (LLAMA_FTYPE_MOSTLY_Q8_0, …) as `out`.
LLAMA_API enum sol_status sol_model_quantize(const char * in, const char * out, enum llama_ftype ftype, int32_t n_threads);

//
// Knobs
//

// What one token may spend. {1, 1, 16} is dense.
struct sol_knobs {
    float   attn_keep; // κ in (0, 1]: share of the visible KV positions, or pages, that are attended, in every layer
    float   mlp_keep;  // ρ in (0, 1]: share of the MLP units that are kept, in every layer
    int32_t act_bits;  // b in 4…16: bits of the MLP output or input, symmetric per-token absmax rounding; 16 = off
};

// Which positions a token attends. A page is `attn_page` consecutive positions of one sequence; what is chosen never depends
// on other sequences. Pages with a sink, a position of the window or the token itself are always kept, and count.
enum sol_attn_criterion {
    SOL_ATTN_RECENCY = 0, // the sinks and the newest positions; no pages
    SOL_ATTN_QUEST   = 1, // the pages with the highest upper bound of q·k, from the least and the greatest key (Quest, Tang et al. 2024)
    SOL_ATTN_MEAN    = 2, // the pages with the highest q·(mean key)
};

// What stands in for a dropped page.
enum sol_attn_dropped {
    SOL_ATTN_DROPPED_NONE = 0,
    SOL_ATTN_DROPPED_TAIL = 1, // one position with the page's mean key and mean value, and log(number of positions) added to its logit
};

// Who chooses pages. A query head that chooses alone goes by its score. Heads that choose together weigh a page by the sum of their
// softmax over all pages, of the scaled score plus the log of the number of positions.
enum sol_attn_choice {
    SOL_ATTN_PER_KV_HEAD    = 0, // the query heads of a KV head choose together
    SOL_ATTN_PER_QUERY_HEAD = 1, // each for itself; reads up to n_head/n_head_kv times as much of the KV cache
    SOL_ATTN_SHARED         = 2, // all heads of a layer choose together
};

enum sol_mlp_criterion {
    SOL_MLP_NEURON  = 0, // groups of neurons by |act(gate)|·‖up‖₂·‖down‖₂; in each chosen expert for itself
    SOL_MLP_CHANNEL = 1, // channels of the MLP's input by magnitude (Akhauri & Abdelfattah 2026); groups do not matter
};

// How tokens with knobs are computed.
enum sol_execution {
    SOL_EXECUTION_REFERENCE = 0, // densely, with what is dropped masked. What is dense is upstream's, bit for bit
    SOL_EXECUTION_SKIP      = 1, // by kernels that leave out what is dropped, where there are any; in batches above 32 tokens
                                 // attention, and above 4 tokens MLPs, are as in reference mode
};

// What the score of a neuron takes for its gate.
enum sol_mlp_gate {
    SOL_GATE_EXACT     = 0, // the gate itself
    SOL_GATE_PREDICTED = 1, // what the model's predictor makes of the MLP's input; in layers that it has none for, the gate itself
};

enum sol_kv_type {
    SOL_KV_F16  = 0,
    SOL_KV_Q8_0 = 1, // half the memory; needs flash_attn and heads of a multiple of 32
};

// What act_bits rounds.
enum sol_bits_site {
    SOL_BITS_OUTPUT = 0,
    SOL_BITS_INPUT  = 1, // after the channels are chosen; the router of a mixture of experts still sees the exact input
};

// Layers with a sliding window count κ within the window.
enum sol_attn_class {
    SOL_ATTN_NONE    = 0, // no attention through the KV cache: κ does not reach the layer
    SOL_ATTN_FULL    = 1,
    SOL_ATTN_SLIDING = 2,
};

// What the knobs can do in one layer. Read from the computation graph, not from a list of architectures.
struct sol_layer_info {
    enum sol_attn_class attn;
    int32_t mlp_units;    // units of the layer's dense MLP that ρ chooses from; 0 = not reached
    int32_t shared_units; // the same for shared experts
    int32_t routed_units; // the same for routed experts: of all that one token goes to
    bool    act_bits;     // whether b rounds an MLP's output (or input) in the layer
    bool    attn_skips;   // whether what κ drops is not read, in a context made with SOL_EXECUTION_SKIP; otherwise it is masked
    bool    mlp_skips;    // the same for the units that ρ drops of dense MLPs and shared experts
};

// What one token really used: sums over the layers that a knob reaches. Tokens that a layer drops (all but the output
// tokens in the last one, for most architectures) are not counted there.
struct sol_usage {
    int64_t full_attended;    // pairs of a query head and a KV position attended in layers with full attention
    int64_t full_visible;     // pairs that dense attention would attend there
    int64_t sliding_attended; // the same for layers with a sliding window
    int64_t sliding_visible;
    int64_t mlp_kept;         // units kept in dense MLPs
    int64_t mlp_units;        // all units of these
    int64_t shared_kept;      // the same for shared experts
    int64_t shared_units;
    int64_t routed_kept;      // the same for routed experts
    int64_t routed_units;
};

//
// Contexts
//

struct sol_context_params {
    uint32_t n_ctx;           // KV cells, shared by all sequences; 0 = the model's training context
    uint32_t n_batch;         // most tokens in one sol_decode; no more than n_ctx take effect
    uint32_t n_ubatch;        // most tokens computed at once
    uint32_t n_seq_max;       // most sequences, 1…256
    int32_t  n_threads;       // threads of a single-token decode
    int32_t  n_threads_batch; // threads of larger batches
    bool     flash_attn;      // fused attention
    int32_t  kv_type;         // enum sol_kv_type

    int32_t  attn_criterion;  // enum sol_attn_criterion; an int, so that an unknown one can be refused
    int32_t  attn_sinks;      // positions 0 … sinks-1 are always attended
    int32_t  attn_window;     // so are the newest `window` positions before the token, and the token itself
    int32_t  attn_page;       // positions in a page: 1…1024. Criteria with pages need flash_attn
    int32_t  attn_choice;     // enum sol_attn_choice, of criteria with pages
    int32_t  attn_dropped;    // enum sol_attn_dropped; a tail needs a criterion with pages

    int32_t  mlp_criterion;   // enum sol_mlp_criterion
    int32_t  mlp_group;       // neurons in a unit: 1, 8 or 32
    int32_t  mlp_gate;        // enum sol_mlp_gate, of neurons; predicted needs a model with a predictor
    int32_t  bits_site;       // enum sol_bits_site

    int32_t  execution;       // enum sol_execution
    bool     skip_mlp;        // with SOL_EXECUTION_SKIP: MLPs, too, for which the model keeps its down projections in a second order
    bool     record_mlp;      // keep what sol_mlp_record reads, in memory for n_ubatch tokens
};

// n_ctx 0, n_batch 2048, n_ubatch 512, one sequence, all cores, flash attention, F16 keys and values, recency with 4 sinks and a
// window of 2, pages of 16 chosen per KV head, no tail, neuron groups of 8, exact gates, bits on the MLP output, reference mode, with
// MLPs if changed to skip, nothing recorded.
LLAMA_API struct sol_context_params sol_context_default_params(void);

LLAMA_API enum sol_status sol_context_create(sol_model * model, const struct sol_context_params * params, sol_context ** context);

LLAMA_API void sol_context_free(sol_context * context); // NULL is allowed

LLAMA_API struct llama_context * sol_context_llama(sol_context * context);

// The KV cells of the context (n_ctx after rounding).
LLAMA_API uint32_t sol_context_n_ctx(const sol_context * context);

// Which knobs act on layer `layer` (0 … llama_model_n_layer - 1).
LLAMA_API enum sol_status sol_context_layer_info(const sol_context * context, int32_t layer, struct sol_layer_info * info);

//
// Decoding
//

struct sol_batch {
    int32_t               n_tokens;
    const llama_token   * token;  // [n_tokens]
    const llama_pos     * pos;    // [n_tokens] consecutive in each sequence
    const llama_seq_id  * seq_id; // [n_tokens] 0 … n_seq_max - 1
    const int8_t        * output; // [n_tokens] != 0: logits and hidden state are wanted
    const struct sol_knobs * knobs; // [n_tokens], or NULL: all dense, through upstream's unchanged graph
};

// Computes the tokens and adds them to the KV cache. After an error the cache holds none of the tokens that were not computed.
LLAMA_API enum sol_status sol_decode(sol_context * context, const struct sol_batch * batch);

// Makes the running or the next sol_decode of the context return SOL_CANCELLED. Any thread.
LLAMA_API void sol_context_cancel(sol_context * context);

// Forgets a sol_context_cancel that came too late for its decode, so that it does not hit the next one. Any thread.
LLAMA_API void sol_context_uncancel(sol_context * context);

// Results of the last sol_decode for token `i` of its batch, which must have been an output. Valid until the next call that
// decodes. logits: [n_vocab]; hidden: [n_embd] state after the final norm.
LLAMA_API enum sol_status sol_logits(sol_context * context, int32_t i, const float ** logits);
LLAMA_API enum sol_status sol_hidden(sol_context * context, int32_t i, const float ** hidden);

// What token `i` of the last sol_decode used. The batch must have had knobs.
LLAMA_API enum sol_status sol_get_usage(const sol_context * context, int32_t i, struct sol_usage * usage);

// Samples from the logits of token `i` and tells the sampler and the grammar, which may be NULL. As llama.cpp's own programs do: what
// the sampler picks is kept if the grammar allows it; if not, the sampler picks among the tokens that the grammar allows. Logits that
// are not finite are an error, and so is a grammar (or a bias) that leaves no token. What the model's file says is never to be picked
// (tokenizer.ggml.suppress_tokens) is not.
LLAMA_API enum sol_status sol_sample(
        sol_context * context, struct llama_sampler * sampler, sol_grammar * grammar, int32_t i, llama_token * token);

// What chose the neurons of a gated MLP in layer `layer`, for each token of the last sol_decode: all outputs, with knobs, at most
// n_ubatch, in a context with `record_mlp`; of one sequence if the model has recurrent layers. input: [n_tokens][n_embd] of the MLP;
// gate: [n_tokens][n_ff] before its activation function; norms: [n_ff] ‖up_j‖₂·‖down_j‖₂. Valid until the next call that decodes.
struct sol_mlp_record {
    int64_t       n_tokens;
    int64_t       n_embd;
    int64_t       n_ff;
    const float * input;
    const float * gate;
    const float * norms;
};

LLAMA_API enum sol_status sol_get_mlp_record(const sol_context * context, int32_t layer, struct sol_mlp_record * record);

//
// Scores: what is wanted of a distribution, without copying the vocabulary
//

// Of softmax(logits), in nats.
struct sol_token_score {
    float logprob; // log p(label); NaN without a label
    float entropy;
    float margin;  // log p of the likeliest token minus that of the second
    float kl;      // KL(reference ‖ this); NaN without a reference
};

// Scores outputs index[n] of the last sol_decode. label: [n] tokens, -1 = none. reference: NULL, or the distribution of
// reference_row[n] in it for each. Logits that are not finite are an error.
LLAMA_API enum sol_status sol_score(
        sol_context * context, int32_t n, const int32_t * index, const llama_token * label,
        const sol_logprobs * reference, const int32_t * reference_row, struct sol_token_score * scores);

// Room for n_rows distributions over the model's vocabulary, 4 bytes for each token of it. The model need not outlive it.
LLAMA_API enum sol_status sol_logprobs_create(const sol_model * model, int32_t n_rows, sol_logprobs ** logprobs);

LLAMA_API void sol_logprobs_free(sol_logprobs * logprobs); // NULL is allowed

// Keeps the distributions of outputs index[n] of the last sol_decode in rows row[n].
LLAMA_API enum sol_status sol_logprobs_keep(
        sol_logprobs * logprobs, sol_context * context, int32_t n, const int32_t * index, const int32_t * row);

//
// KV cache. As llama_memory_seq_* (llama.h): p1 < 0 = to the end, p0 < 0 = from the start.
//

// Recurrent models cannot forget a part of a sequence, and layers with a sliding window may have let go of positions that would
// be in it again: SOL_INVALID_ARGUMENT, and nothing was done. The same goes for copies and shifts.
LLAMA_API enum sol_status sol_seq_rm(sol_context * context, llama_seq_id seq, llama_pos p0, llama_pos p1);

// Lets `dst`, which must not have these positions, share the cells of `src`; nothing is copied in a context made by this API.
LLAMA_API enum sol_status sol_seq_cp(sol_context * context, llama_seq_id src, llama_seq_id dst, llama_pos p0, llama_pos p1);

// Moves the sequence's positions p0 … p1-1 by `delta`, onto positions it does not have; keys are rotated with the next
// sol_decode. SOL_INVALID_ARGUMENT when another sequence shares the cells, or the model's positions cannot be moved.
LLAMA_API enum sol_status sol_seq_shift(sol_context * context, llama_seq_id seq, llama_pos p0, llama_pos p1, llama_pos delta);

// The bytes that sol_seq_save writes.
LLAMA_API enum sol_status sol_seq_state_size(sol_context * context, llama_seq_id seq, size_t * size);

// The state of a sequence: its positions, keys, values and recurrent state, for contexts of the same model and version.
LLAMA_API enum sol_status sol_seq_save(sol_context * context, llama_seq_id seq, void * state, size_t size);

// Replaces the sequence with a saved one. Bytes that are not a saved state of this model are SOL_INVALID_ARGUMENT and change
// nothing; after SOL_KV_CACHE_FULL the sequence is empty.
LLAMA_API enum sol_status sol_seq_load(sol_context * context, llama_seq_id seq, const void * state, size_t size);

// The highest position of the sequence in *pos, -1 when it has none.
LLAMA_API enum sol_status sol_seq_pos_max(sol_context * context, llama_seq_id seq, llama_pos * pos);

LLAMA_API void sol_kv_clear(sol_context * context);

//
// Grammars. Text that a call below makes is UTF-8 and belongs to the caller, who frees it with sol_text_free.
//

LLAMA_API void sol_text_free(char * text); // NULL is allowed

// The grammar, in GBNF (grammars/README.md of llama.cpp), of the JSON that matches a JSON schema. What the grammar could not keep of
// the schema is an error that names it.
LLAMA_API enum sol_status sol_schema_grammar(const char * schema, char ** grammar);

// A grammar's state for one completion. `constraint` is JSON:
//   grammar         GBNF with a rule `root`
//   lazy            false: from the first token; true: from the first trigger on
//   triggers        [{type, value}]: a `word` in the text, a `pattern` (ECMAScript) found in it, or a `pattern_full` that is all of it
//   prefill         the end of the prompt, where the answer has already begun
//   thinking_start  how thoughts begin, in which nothing triggers
//   thinking_end    [how they end]
// All but `grammar` may be missing. One thread at a time; the model must outlive it.
LLAMA_API enum sol_status sol_grammar_create(sol_model * model, const char * constraint, sol_grammar ** grammar);

// To before the first token.
LLAMA_API enum sol_status sol_grammar_reset(sol_grammar * grammar);

LLAMA_API void sol_grammar_free(sol_grammar * grammar); // NULL is allowed

//
// Chats: llama.cpp's Jinja templates and its parsers of answers. Independent of models and contexts.
//

// Compiles templates. JSON: `template`, `tool_use` (for requests with tools; may be missing), `bos` and `eos` (the text of these
// tokens), `adds_bos` and `adds_eos` (whether sol_tokenize adds them: prompts then come without). A template that is wrong is
// SOL_INVALID_MODEL.
LLAMA_API enum sol_status sol_chat_create(const char * templates, sol_chat ** chat);

LLAMA_API void sol_chat_free(sol_chat * chat); // NULL is allowed

// What the template can do: a JSON object of booleans, by llama.cpp's names, such as `supports_tools`.
LLAMA_API enum sol_status sol_chat_capabilities(const sol_chat * chat, char ** capabilities);

// Renders a request: JSON with OpenAI's `messages`, `tools`, `tool_choice`, `response_format`, `parallel_tool_calls`, and llama-server's
// `add_generation_prompt`, `reasoning_format` (auto, none, deepseek) and `chat_template_kwargs`; all but `messages` may be missing. The
// message of SOL_INVALID_ARGUMENT begins with the name of the field and a colon.
//
// The result is JSON: `prompt`, to be tokenised with add_special and parse_special; `constraint`, for sol_grammar_create, or null;
// `stops`, strings that end the answer; `preserved_tokens`, special tokens whose names belong to the answer's text; `thinks`, whether
// the template knows thoughts; `parser`, for sol_chat_parser_create. Any thread.
LLAMA_API enum sol_status sol_chat_apply(const sol_chat * chat, const char * request, char ** prompt);

// Reads the answer to a prompt of sol_chat_apply. One thread at a time.
LLAMA_API enum sol_status sol_chat_parser_create(const char * parser, sol_chat_parser ** out);

LLAMA_API void sol_chat_parser_free(sol_chat_parser * parser); // NULL is allowed

// Adds text of the answer, whole characters. *deltas is what that makes known, a JSON array of {reasoning}, {content} and
// {tool_call, id, name, arguments}: `tool_call` is its index, `id` and `name` are empty but in its first delta, `arguments` are what
// is new of them. An answer that does not keep to its format is no error.
LLAMA_API enum sol_status sol_chat_parser_add(
        sol_chat_parser * parser, const char * text, int32_t text_len, bool last, char ** deltas);

#ifdef __cplusplus
}
#endif
