#include "tiny-model.h"

#include "ggml-cpp.h"
#include "gguf.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <stdexcept>

const std::vector<std::string> & tiny_model_archs() {
    static const std::vector<std::string> archs = { "llama", "qwen2", "qwen3", "gemma3", "phi3", "gpt2", "qwen2moe" };
    return archs;
}

bool tiny_model::is_sliding(int64_t layer) const {
    return n_swa > 0 && layer % 2 == 0;
}

bool tiny_model::is_recurrent(int64_t layer) const {
    return arch == "lfm2" && layer % 2 == 0;
}

//
// tokenizer
//

// GPT-2's printable stand-in for each byte, in UTF-8.
static std::vector<std::string> byte_tokens() {
    std::vector<std::string> res;

    int next = 256;
    for (int b = 0; b < 256; ++b) {
        const bool printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
        const int  c         = printable ? b : next++;

        res.push_back(c < 0x80 ? std::string(1, (char) c)
                               : std::string { (char) (0xC0 | c >> 6), (char) (0x80 | (c & 0x3F)) });
    }
    return res;
}

struct vocabulary {
    std::vector<std::string> tokens;
    std::vector<int32_t>     types;
    std::vector<std::string> merges { "t h", "th e", "i n", "Ġ t" };
    int32_t                  end_of_text;
};

static vocabulary make_vocabulary() {
    vocabulary res;

    res.tokens = byte_tokens();
    for (const char * merged : { "th", "the", "in", "Ġt" }) {
        res.tokens.emplace_back(merged);
    }
    res.end_of_text = (int32_t) res.tokens.size();
    res.tokens.emplace_back("<|endoftext|>");

    res.types.assign(res.tokens.size(), 1 /* normal */);
    res.types[res.end_of_text] = 3 /* control */;

    return res;
}

//
// weights
//

tiny_model make_tiny_model(const std::string & arch, uint32_t seed, int64_t n_ff, int64_t n_head) {
    const auto & archs = tiny_model_archs();
    if (arch != "lfm2" && std::find(archs.begin(), archs.end(), arch) == archs.end()) {
        throw std::invalid_argument("no tiny model of architecture '" + arch + "'");
    }

    tiny_model m;
    m.arch      = arch;
    m.n_ff      = n_ff;
    m.n_head    = n_head;
    m.n_head_kv = n_head/2;
    m.n_vocab   = (int64_t) make_vocabulary().tokens.size();

    if (arch == "gemma3") {
        m.n_layer = 4;
        m.n_swa   = 24;
    }
    if (arch == "gpt2") {
        m.n_head_kv = m.n_head;
    }
    if (arch == "lfm2") {
        m.n_layer = 4;
    }

    std::mt19937 rng(seed);

    const auto add = [&](const std::string & name, std::vector<int64_t> ne, float mean, float stddev) {
        std::normal_distribution<float> normal(mean, stddev);

        int64_t n = 1;
        for (const int64_t d : ne) {
            n *= d;
        }

        std::vector<float> data(n);
        for (float & x : data) {
            x = normal(rng);
        }
        m.tensors[name] = { std::move(ne), std::move(data), GGML_TYPE_F32 };
    };
    const auto matrix = [&](const std::string & name, int64_t ne0, int64_t ne1) { add(name, { ne0, ne1 }, 0.0f, 1.5f/std::sqrt((float) ne0)); };
    const auto norm   = [&](const std::string & name, int64_t ne0)              { add(name, { ne0 }, 1.0f, 0.1f); };
    const auto bias   = [&](const std::string & name, int64_t ne0)              { add(name, { ne0 }, 0.0f, 0.1f); };

    const int64_t head = m.n_embd/m.n_head;
    const int64_t n_kv = head*m.n_head_kv;

    const bool is_gpt2   = arch == "gpt2";
    const bool is_gemma3 = arch == "gemma3";
    const bool is_moe    = arch == "qwen2moe";

    add("token_embd.weight", { m.n_embd, m.n_vocab }, 0.0f, 1.0f);
    norm(arch == "lfm2" ? "token_embd_norm.weight" : "output_norm.weight", m.n_embd);
    if (is_gpt2) {
        add("position_embd.weight", { m.n_embd, m.n_ctx }, 0.0f, 0.3f);
        bias("output_norm.bias", m.n_embd);
    }
    if (is_moe) {
        matrix("output.weight", m.n_embd, m.n_vocab);
    }

    for (int64_t il = 0; il < m.n_layer; ++il) {
        const std::string blk = "blk." + std::to_string(il) + ".";

        norm(blk + "attn_norm.weight", m.n_embd);
        norm(blk + "ffn_norm.weight",  m.n_embd);

        if (m.is_recurrent(il)) {
            matrix(blk + "shortconv.conv.weight",     3, m.n_embd);
            matrix(blk + "shortconv.in_proj.weight",  m.n_embd, 3*m.n_embd);
            matrix(blk + "shortconv.out_proj.weight", m.n_embd, m.n_embd);
        } else if (is_gpt2 || arch == "phi3") {
            matrix(blk + "attn_qkv.weight", m.n_embd, m.n_embd + 2*n_kv);
        } else {
            matrix(blk + "attn_q.weight", m.n_embd, m.n_embd);
            matrix(blk + "attn_k.weight", m.n_embd, n_kv);
            matrix(blk + "attn_v.weight", m.n_embd, n_kv);
        }
        if (!m.is_recurrent(il)) {
            matrix(blk + "attn_output.weight", m.n_embd, m.n_embd);
        }

        if (arch == "qwen2" || is_moe) {
            bias(blk + "attn_q.bias", m.n_embd);
            bias(blk + "attn_k.bias", n_kv);
            bias(blk + "attn_v.bias", n_kv);
        }
        if (arch == "qwen3" || is_gemma3 || (arch == "lfm2" && !m.is_recurrent(il))) {
            norm(blk + "attn_q_norm.weight", head);
            norm(blk + "attn_k_norm.weight", head);
        }
        if (is_gemma3) {
            norm(blk + "post_attention_norm.weight", m.n_embd);
            norm(blk + "post_ffw_norm.weight",       m.n_embd);
        }
        if (is_gpt2) {
            bias(blk + "attn_norm.bias",   m.n_embd);
            bias(blk + "ffn_norm.bias",    m.n_embd);
            bias(blk + "attn_qkv.bias",    m.n_embd + 2*n_kv);
            bias(blk + "attn_output.bias", m.n_embd);
        }

        if (is_moe) {
            const int64_t n_expert = 4;

            matrix(blk + "ffn_gate_inp.weight", m.n_embd, n_expert);
            add(blk + "ffn_gate_exps.weight", { m.n_embd, 32, n_expert }, 0.0f, 0.2f);
            add(blk + "ffn_up_exps.weight",   { m.n_embd, 32, n_expert }, 0.0f, 0.2f);
            add(blk + "ffn_down_exps.weight", { 32, m.n_embd, n_expert }, 0.0f, 0.2f);

            bias  (blk + "ffn_gate_inp_shexp.weight", m.n_embd);
            matrix(blk + "ffn_gate_shexp.weight", m.n_embd, m.n_ff);
            matrix(blk + "ffn_up_shexp.weight",   m.n_embd, m.n_ff);
            matrix(blk + "ffn_down_shexp.weight", m.n_ff, m.n_embd);
            continue;
        }

        matrix(blk + "ffn_up.weight",   m.n_embd, arch == "phi3" ? 2*m.n_ff : m.n_ff);
        matrix(blk + "ffn_down.weight", m.n_ff, m.n_embd);
        if (is_gpt2) {
            bias(blk + "ffn_up.bias",   m.n_ff);
            bias(blk + "ffn_down.bias", m.n_embd);
        } else if (arch != "phi3") {
            matrix(blk + "ffn_gate.weight", m.n_embd, m.n_ff);
        }
    }

    return m;
}

//
// file
//

static void set_strings(gguf_context * gguf, const char * key, const std::vector<std::string> & values) {
    std::vector<const char *> pointers;
    for (const auto & value : values) {
        pointers.push_back(value.c_str());
    }
    gguf_set_arr_str(gguf, key, pointers.data(), pointers.size());
}

void write_tiny_model(const tiny_model & m, const std::string & path) {
    const gguf_context_ptr gguf { gguf_init_empty() };

    const auto key = [&](const char * name) { return m.arch + "." + name; };
    const auto u32 = [&](const char * name, int64_t value) { gguf_set_val_u32(gguf.get(), key(name).c_str(), (uint32_t) value); };
    const auto f32 = [&](const char * name, float   value) { gguf_set_val_f32(gguf.get(), key(name).c_str(), value); };

    gguf_set_val_str(gguf.get(), "general.architecture", m.arch.c_str());
    gguf_set_val_str(gguf.get(), "general.name", "tiny random model"); // the name of an arch in it would change its vocabulary

    u32("context_length",                   m.n_ctx);
    u32("embedding_length",                 m.n_embd);
    u32("block_count",                      m.n_layer);
    u32("feed_forward_length",              m.n_ff);
    u32("attention.head_count",             m.n_head);
    if (m.arch == "lfm2") {
        std::vector<uint32_t> n_head_kv;
        for (int64_t il = 0; il < m.n_layer; ++il) {
            n_head_kv.push_back(m.is_recurrent(il) ? 0 : (uint32_t) m.n_head_kv);
        }
        gguf_set_arr_data(gguf.get(), key("attention.head_count_kv").c_str(), GGUF_TYPE_UINT32, n_head_kv.data(), n_head_kv.size());
        u32("shortconv.l_cache", 3);
    } else {
        u32("attention.head_count_kv", m.n_head_kv);
    }
    f32("attention.layer_norm_rms_epsilon", 1e-6f);
    f32("attention.layer_norm_epsilon",     1e-6f);
    if (m.arch == "phi3") {
        u32("rope.dimension_count", m.n_embd/m.n_head);
    }
    if (m.arch == "gemma3") {
        u32("attention.key_length",   m.n_embd/m.n_head);
        u32("attention.value_length", m.n_embd/m.n_head);
    }
    if (m.n_swa > 0) {
        u32("attention.sliding_window", m.n_swa);
        u32("attention.sliding_window_pattern", 2);
    }
    if (m.arch == "qwen2moe") {
        u32("expert_count", 4);
        u32("expert_used_count", 2);
        u32("expert_feed_forward_length", 32);
        u32("expert_shared_feed_forward_length", m.n_ff);
    }

    vocabulary vocab = make_vocabulary();
    while ((int64_t) vocab.tokens.size() < m.n_vocab) { // a test made it larger
        vocab.tokens.push_back("<unused " + std::to_string(vocab.tokens.size()) + ">");
        vocab.types.push_back(1);
    }

    gguf_set_val_str (gguf.get(), "tokenizer.ggml.model", "gpt2");
    gguf_set_val_str (gguf.get(), "tokenizer.ggml.pre", "gpt-2");
    set_strings      (gguf.get(), "tokenizer.ggml.tokens", vocab.tokens);
    gguf_set_arr_data(gguf.get(), "tokenizer.ggml.token_type", GGUF_TYPE_INT32, vocab.types.data(), vocab.types.size());
    set_strings      (gguf.get(), "tokenizer.ggml.merges", vocab.merges);
    gguf_set_val_u32 (gguf.get(), "tokenizer.ggml.bos_token_id", vocab.end_of_text);
    gguf_set_val_u32 (gguf.get(), "tokenizer.ggml.eos_token_id", vocab.end_of_text);
    gguf_set_val_bool(gguf.get(), "tokenizer.ggml.add_bos_token", false);
    if (!m.suppressed.empty()) {
        gguf_set_arr_data(gguf.get(), "tokenizer.ggml.suppress_tokens", GGUF_TYPE_INT32, m.suppressed.data(), m.suppressed.size());
    }

    size_t bytes = 0;
    for (const auto & [name, t] : m.tensors) {
        bytes += t.data.size()*sizeof(float) + ggml_tensor_overhead() + 64;
    }

    const ggml_context_ptr ctx { ggml_init({ bytes, nullptr, false }) };

    for (const auto & [name, t] : m.tensors) {
        ggml_tensor * tensor = ggml_new_tensor(ctx.get(), GGML_TYPE_F32, (int) t.ne.size(), t.ne.data());
        ggml_set_name(tensor, name.c_str());
        memcpy(tensor->data, t.data.data(), t.data.size()*sizeof(float));
        gguf_add_tensor(gguf.get(), tensor);
    }

    if (!gguf_write_to_file(gguf.get(), path.c_str(), /*only_meta =*/ false)) {
        throw std::runtime_error("cannot write '" + path + "'");
    }
}

void read_tiny_model(tiny_model & m, const std::string & path) {
    ggml_context * raw = nullptr;
    const gguf_context_ptr gguf { gguf_init_from_file(path.c_str(), { /*.no_alloc =*/ false, /*.ctx =*/ &raw }) };
    const ggml_context_ptr ctx { raw };
    if (!gguf) {
        throw std::runtime_error("cannot read '" + path + "'");
    }

    for (auto & [name, t] : m.tensors) {
        const ggml_tensor * tensor = ggml_get_tensor(ctx.get(), name.c_str());
        if (!tensor || ggml_nelements(tensor) != (int64_t) t.data.size()) {
            throw std::runtime_error("'" + path + "' has no such " + name);
        }
        t.type = tensor->type;
        if (t.type == GGML_TYPE_F32) {
            memcpy(t.data.data(), tensor->data, ggml_nbytes(tensor));
        } else {
            ggml_get_type_traits(t.type)->to_float(tensor->data, t.data.data(), ggml_nelements(tensor));
        }
    }
}
