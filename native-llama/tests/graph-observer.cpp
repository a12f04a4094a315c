#include "graph-observer.h"

#include "sol-attend.h"
#include "sol-ops.h"
#include "sol-skip-mlp.h"

#include "ggml-impl.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

static void append_row(const ggml_tensor * t, int64_t i1, int64_t i2, std::vector<float> & out) {
    const char * row = (const char *) t->data + i1*t->nb[1] + i2*t->nb[2];

    if (ggml_is_quantized(t->type)) {
        out.resize(out.size() + t->ne[0]);
        ggml_get_type_traits(t->type)->to_float(row, out.data() + out.size() - t->ne[0], t->ne[0]);
        return;
    }
    for (int64_t i0 = 0; i0 < t->ne[0]; ++i0) {
        const char * p = row + i0*t->nb[0];
        switch (t->type) {
            case GGML_TYPE_F16: out.push_back(ggml_fp16_to_fp32(*(const ggml_fp16_t *) p)); break;
            case GGML_TYPE_F32: out.push_back(*(const float *) p);                          break;
            default:            throw std::runtime_error(std::string("a tensor of type ") + ggml_type_name(t->type) + ": " + t->name);
        }
    }
}

seen_rows copy_rows(const ggml_tensor * t, bool swap) {
    const int64_t n_outer = swap ? t->ne[1] : t->ne[2];
    const int64_t n_inner = swap ? t->ne[2] : t->ne[1];

    seen_rows res { t->ne[0], n_outer*n_inner, {} };
    res.data.reserve(res.n_cols*res.n_rows);

    for (int64_t o = 0; o < n_outer; ++o) {
        for (int64_t i = 0; i < n_inner; ++i) {
            append_row(t, swap ? o : i, swap ? i : o, res.data);
        }
    }
    return res;
}

static std::vector<int32_t> copy_ids(const ggml_tensor * t) {
    std::vector<int32_t> res;
    for (int64_t i1 = 0; i1 < t->ne[1]; ++i1) {
        for (int64_t i0 = 0; i0 < t->ne[0]; ++i0) {
            res.push_back(*(const int32_t *) ((const char *) t->data + i0*t->nb[0] + i1*t->nb[1]));
        }
    }
    return res;
}

static const ggml_tensor * root(const ggml_tensor * t) {
    while (t->view_src) {
        t = t->view_src;
    }
    return t;
}

static bool is_custom(const ggml_tensor * t, ggml_custom_op_t fun) {
    if (t->op != GGML_OP_CUSTOM) {
        return false;
    }
    ggml_custom_op_params params;
    memcpy(&params, t->op_params, sizeof(params));
    return params.fun == fun;
}

template<typename T>
static const T & userdata_of(const ggml_tensor * t) {
    ggml_custom_op_params params;
    memcpy(&params, t->op_params, sizeof(params));
    return *(const T *) params.userdata;
}

// The layer in a name such as "ffn_norm-3", or -1.
static int layer_of(const char * name) {
    const char * dash = strrchr(name, '-');
    if (!dash || dash[1] < '0' || dash[1] > '9') {
        return -1;
    }
    char *    end = nullptr;
    const int res = (int) strtol(dash + 1, &end, 10);
    return *end == '\0' || *end == ' ' ? res : -1;
}

//
// an MLP's activation, read from the graph
//

static double unary(ggml_unary_op op, double x) {
    switch (op) {
        case GGML_UNARY_OP_SILU:       return x/(1.0 + std::exp(-x));
        case GGML_UNARY_OP_GELU:       return 0.5*x*(1.0 + std::tanh(std::sqrt(2.0/M_PI)*x*(1.0 + 0.044715*x*x)));
        case GGML_UNARY_OP_GELU_ERF:   return 0.5*x*(1.0 + std::erf(x/std::sqrt(2.0)));
        case GGML_UNARY_OP_GELU_QUICK: return x/(1.0 + std::exp(-1.702*x));
        case GGML_UNARY_OP_RELU:       return std::max(x, 0.0);
        case GGML_UNARY_OP_SIGMOID:    return 1.0/(1.0 + std::exp(-x));
        case GGML_UNARY_OP_TANH:       return std::tanh(x);
        case GGML_UNARY_OP_SOFTPLUS:   return std::log1p(std::exp(x));
        default: throw std::runtime_error(std::string("no oracle for ") + ggml_unary_op_name(op));
    }
}

// What the first factor of a GLU is.
static double glu(const ggml_tensor * t, double x) {
    switch (ggml_get_glu_op(t)) {
        case GGML_GLU_OP_SWIGLU:      return unary(GGML_UNARY_OP_SILU,       x);
        case GGML_GLU_OP_GEGLU:       return unary(GGML_UNARY_OP_GELU,       x);
        case GGML_GLU_OP_GEGLU_ERF:   return unary(GGML_UNARY_OP_GELU_ERF,   x);
        case GGML_GLU_OP_GEGLU_QUICK: return unary(GGML_UNARY_OP_GELU_QUICK, x);
        case GGML_GLU_OP_REGLU:       return unary(GGML_UNARY_OP_RELU,       x);
        case GGML_GLU_OP_SWIGLU_OAI: {
            const double alpha = ggml_get_op_params_f32(t, 2);
            const double limit = ggml_get_op_params_f32(t, 3);
            x = std::min(x, limit);
            return x/(1.0 + std::exp(-alpha*x));
        }
        default: // with a clamp of its own
            return unary(GGML_UNARY_OP_SILU, x);
    }
}

// The elementwise function from `gate` to `t`, at x.
static double evaluate(const ggml_tensor * t, const ggml_tensor * gate, double x) {
    if (t == gate) {
        return x;
    }
    switch (t->op) {
        case GGML_OP_UNARY: return unary(ggml_get_unary_op(t), evaluate(t->src[0], gate, x));
        case GGML_OP_SCALE: return ggml_get_op_params_f32(t, 0)*evaluate(t->src[0], gate, x) + ggml_get_op_params_f32(t, 1);
        case GGML_OP_SQR:   return std::pow(evaluate(t->src[0], gate, x), 2);
        case GGML_OP_CLAMP: return std::min<double>(std::max<double>(evaluate(t->src[0], gate, x), ggml_get_op_params_f32(t, 0)), ggml_get_op_params_f32(t, 1));
        case GGML_OP_MUL:   return evaluate(t->src[0], gate, x)*evaluate(t->src[1], gate, x);
        default: throw std::runtime_error(std::string("no oracle for an activation through ") + ggml_op_desc(t) + " (" + t->name + ")");
    }
}

// What an activation starts from.
static const ggml_tensor * gate_of(const ggml_tensor * t) {
    while (t->op == GGML_OP_UNARY || t->op == GGML_OP_SCALE || t->op == GGML_OP_SQR || t->op == GGML_OP_CLAMP ||
            (t->op == GGML_OP_MUL && t->src[1]->op == GGML_OP_UNARY)) {
        t = t->src[0];
    }
    return t;
}

// The matrix whose product `t` is, but for biases, scales and views.
static const ggml_tensor * weight_of(const ggml_tensor * t) {
    while (t && t->op != GGML_OP_MUL_MAT && t->op != GGML_OP_MUL_MAT_ID) {
        t = t->src[0];
    }
    if (!t) {
        throw std::runtime_error("an MLP's factor comes from no weight");
    }
    return t->src[0];
}

static void read_activation(const ggml_tensor * h, const ggml_tensor * gate_read, seen_change & res) {
    const ggml_tensor * gate = nullptr;
    const ggml_tensor * up   = nullptr;

    if (h->op == GGML_OP_GLU) {
        gate = h->src[0];
        up   = h->src[1] ? h->src[1] : h->src[0];
        if (!h->src[1]) {
            res.up_first = h->ne[0];
        }
    } else if (h->op == GGML_OP_MUL) {
        gate = gate_of(h->src[0]);
        up   = h->src[1];
    } else {
        return;
    }

    const ggml_tensor * weight = weight_of(up);
    res.up = weight->name;
    if (up->op == GGML_OP_VIEW && root(up)->ne[0] > up->ne[0]) { // the second half of one product
        res.up_first = (int64_t) (up->view_offs/up->nb[0]) % root(up)->ne[0];
    }

    // the graph's memory is reused: only what the op itself reads is surely still there
    if (gate != gate_read && !(gate->op == GGML_OP_VIEW && gate_read && gate->data == gate_read->data)) {
        throw std::runtime_error(std::string("the op that prunes ") + h->name + " does not read its gate " + gate->name);
    }

    res.magnitude = copy_rows(gate_read);
    res.magnitude.n_cols = h->ne[0];

    std::vector<float> magnitude;
    for (int64_t r = 0; r < res.magnitude.n_rows; ++r) {
        for (int64_t j = 0; j < h->ne[0]; ++j) {
            const double x = res.magnitude.data[r*gate_read->ne[0] + j];
            magnitude.push_back((float) std::fabs(h->op == GGML_OP_GLU ? glu(h, x) : evaluate(h->src[0], gate, x)));
        }
    }
    res.magnitude.data = std::move(magnitude);
}

//
// the observer
//

void graph_observer::clear() {
    attention.clear();
    products.clear();
    inputs.clear();
    pruned.clear();
    experts.clear();
    rounded.clear();
    named.clear();
    unread_ops.clear();
}

std::vector<seen_change> * graph_observer::changes_of(const ggml_tensor * t) {
    return is_custom(t, sol_op_mlp_input)     ? &inputs
         : is_custom(t, sol_op_prune_mlp)     ? &pruned
         : is_custom(t, sol_op_prune_experts) ? &experts
         : is_custom(t, sol_op_round)         ? &rounded : nullptr;
}

// All that `t` reads has been computed, `t` has not.
void graph_observer::before(ggml_tensor * t) {
    if (auto * changes = changes_of(t)) {
        seen_change c;
        c.il      = layer_of(t->name);
        c.before  = copy_rows(t->src[0]);
        c.n_inner = changes == &experts ? t->ne[1] : 1;

        if (changes == &pruned || changes == &experts) {
            const ggml_tensor * gate = nullptr;
            for (int i = 1; i < GGML_MAX_SRC && t->src[i]; ++i) {
                if (t->src[i]->type == GGML_TYPE_F32 && ggml_nrows(t->src[i]) == ggml_nrows(t) && t->src[i]->ne[0] >= t->ne[0]) {
                    gate = t->src[i];
                }
            }
            read_activation(t->src[0], gate, c);
        }
        changes->push_back(std::move(c));
    }
}

void graph_observer::note_reader(const ggml_tensor * product) {
    const ggml_tensor * in = root(product->src[1]);

    for (;;) {
        const auto u = std::find_if(unread_ops.begin(), unread_ops.end(), [&](const unread & other) { return root(other.op) == in; });

        if (u != unread_ops.end()) {
            seen_change & c = (*u->changes)[u->index];
            c.reader = product->src[0]->name;
            if (product->op == GGML_OP_MUL_MAT_ID) {
                c.experts = copy_ids(product->src[2]);
            }
            unread_ops.erase(u);
            return;
        }
        if (in->op != GGML_OP_MUL && in->op != GGML_OP_REPEAT) { // some mixtures weigh what their experts read
            return;
        }
        in = root(in->src[0]);
    }
}

static bool is_mlp_weight(const ggml_tensor * t) {
    return strstr(t->name, "ffn_") && strstr(t->name, ".weight");
}

// q [head, token, n_head], k and v [head, cell, n_head_kv]
void graph_observer::note_attention(const ggml_tensor * q, const ggml_tensor * k, const ggml_tensor * v, const ggml_tensor * mask, const ggml_tensor * sinks) {
    seen_attention a;
    a.il        = last_il;
    a.cache     = root(k)->name;
    a.q         = copy_rows(q, true);
    a.k         = copy_rows(k, true);
    a.v         = copy_rows(v, true);
    a.mask      = copy_rows(mask);
    a.quantized = ggml_is_quantized(k->type);
    a.n_tokens  = q->ne[1];
    a.n_head    = q->ne[2];
    a.n_head_kv = k->ne[2];
    a.n_cells   = k->ne[1];
    if (sinks) {
        a.sinks = copy_rows(sinks).data;
    }

    const auto it = written.find(a.cache);
    if (it != written.end()) {
        a.written = it->second;
        written.erase(it); // another layer may read the same cache
    }

    attention.push_back(std::move(a));
}

void graph_observer::after(ggml_tensor * t) {
    const int il = layer_of(t->name);
    last_il = il >= 0 ? il : last_il;

    const std::string name = t->name;
    for (const auto & prefix : names) {
        if (il >= 0 && name == prefix + "-" + std::to_string(il)) {
            named[name].push_back(copy_rows(t));
        }
    }

    if (auto * of_op = changes_of(t)) {
        of_op->back().after = copy_rows(t);
        unread_ops.push_back({ t, of_op, of_op->size() - 1 });
        return;
    }

    const bool product = t->op == GGML_OP_MUL_MAT || t->op == GGML_OP_MUL_MAT_ID;

    if (product) {
        note_reader(t);
    }

    if (t->op == GGML_OP_SET_ROWS) {
        auto & cells = written[root(t)->name];
        cells.clear();
        for (int64_t i = 0; i < t->src[1]->ne[0]; ++i) {
            cells.push_back(t->src[1]->type == GGML_TYPE_I64 ? ((const int64_t *) t->src[1]->data)[i] : ((const int32_t *) t->src[1]->data)[i]);
        }
    }

    if (t->op == GGML_OP_FLASH_ATTN_EXT && t->src[0]->ne[3] == 1 && t->src[3] && t->src[3]->ne[2] == 1) {
        note_attention(t->src[0], t->src[1], t->src[2], t->src[3], t->src[4]);

        seen_attention & a = attention.back();
        a.dense    = copy_rows(t);
        a.out      = a.dense;
        a.scale    = ggml_get_op_params_f32(t, 0);
        a.max_bias = ggml_get_op_params_f32(t, 1);
        a.softcap  = ggml_get_op_params_f32(t, 2);

        flash = t;
        return;
    }

    if (is_custom(t, sol_op_attend)) {
        const auto & op = userdata_of<sol_attn_op>(t);

        if (t->src[0]->op != GGML_OP_FLASH_ATTN_EXT) {
            note_attention(t->src[1], t->src[2], t->src[3], t->src[0], t->src[5]);

            seen_attention & a = attention.back();
            a.scale    = op.softcap != 0.0f ? op.scale*op.softcap : op.scale;
            a.max_bias = op.max_bias;
            a.softcap  = op.softcap;
        } else if (t->src[0] != flash) {
            return;
        }

        attention.back().il       = op.il;
        attention.back().out      = copy_rows(t);
        attention.back().replaced = true;
        return;
    }

    if (is_custom(t, sol_op_up)) {
        products.push_back({ userdata_of<sol_skip_op>(t).up->name, copy_rows(t->src[3]), copy_rows(t), {}, 1, /*.partial =*/ true });
        return;
    }
    if (is_custom(t, sol_op_down)) {
        products.push_back({ userdata_of<sol_skip_op>(t).down->name, copy_rows(t->src[2]), copy_rows(t), {}, 1, /*.partial =*/ true });
        return;
    }

    if (product && is_mlp_weight(t->src[0]) && t->src[1]->type == GGML_TYPE_F32) {
        seen_product p;
        p.weight = t->src[0]->name;
        p.in     = copy_rows(t->src[1]);
        p.out    = copy_rows(t);
        if (t->op == GGML_OP_MUL_MAT_ID) {
            p.experts = copy_ids(t->src[2]);
            p.n_used  = t->ne[1];
        }
        products.push_back(std::move(p));
    }
}

bool graph_observer::callback(ggml_tensor * t, bool ask, void * observer) {
    auto & self = *(graph_observer *) observer;

    // asked for every node, each is computed before the next one is asked for
    if (ask) {
        self.before(t);
    } else {
        self.after(t);
    }
    return true;
}
