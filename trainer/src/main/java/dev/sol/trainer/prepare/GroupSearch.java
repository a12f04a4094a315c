package dev.sol.trainer.prepare;

import java.util.Arrays;
import java.util.Comparator;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/**
 * Puts items into groups of one size, so that choosing whole groups loses little: with e<sub>tj</sub> the energy of item j for
 * token t ({@link Contributions}), it seeks the groups with the greatest sum over tokens of the k greatest group
 * energies, for a quarter and half of the groups.
 *
 * <p>The sum of the k greatest of E<sub>1</sub>, E<sub>2</sub>, … is min<sub>τ</sub> k·τ + Σ max(E<sub>G</sub> − τ, 0), which is
 * attained at the k-th greatest. With τ fixed to that for each token, exchanging two items touches two terms only. So: go through
 * the items; look for the exchange partner that raises the sum most, among the items of the groups in whose company the item is
 * chosen most often; exchange; after each pass take new τ. It starts from the items in the order of their mean energy, which is
 * a good part of the way, and ends in the best order that it saw. The same input and seed give the same order.
 */
final class GroupSearch {
    /** For these shares of the groups. */
    static final double[] SHARES = {.25, .5};

    private static final int MAX_PASSES = 8;

    /** A pass that raises the kept share of the energy by less is the last one. */
    private static final double LEAST_GAIN = 2e-4;

    /** Exchange partners looked at for each item. */
    private static final int PARTNERS = 128;

    /** Tokens from which the likely groups are told. */
    private static final int SCREENING_TOKENS = 1024;

    private final float[][] energy;
    private final int size;
    private final int groups;
    private final int tokens;
    private final int block;
    private final RandomGenerator random;
    private final Runnable checkpoint;

    private final int[] order; // the item at each position
    private final float[][] sums; // [groups][tokens]
    private final float[][] thresholds; // [shares][tokens] τ
    private final float[][] chosen; // [screening tokens][groups] how many of the shares choose the group
    private final double[] terms; // [groups] Σ over tokens and shares of |E − τ|
    private final Scratch scratch;

    private GroupSearch(float[][] energy, int size, int block, long seed, Runnable checkpoint) {
        this.energy = energy;
        this.size = size;
        this.groups = energy.length / size;
        this.tokens = energy[0].length;
        this.block = block;
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.checkpoint = checkpoint;
        this.order = new int[energy.length];
        this.sums = new float[groups][tokens];
        this.thresholds = new float[SHARES.length][tokens];
        this.chosen = new float[Math.min(tokens, SCREENING_TOKENS)][groups];
        this.terms = new double[groups];
        this.scratch = new Scratch(tokens, groups);
    }

    /**
     * Searches groups among all items.
     *
     * @param energy [items][tokens]
     * @param size items in a group, a divisor of their number
     * @param checkpoint called often; may throw to end the search
     * @return [items] the items in their new order: the first {@code size} are a group, and so on
     */
    static int[] search(float[][] energy, int size, long seed, Runnable checkpoint) {
        return new GroupSearch(energy, size, energy.length, seed, checkpoint).run(true);
    }

    /**
     * Searches groups within blocks of neighbouring items, which stay where they are.
     *
     * @param block items in a block, a multiple of {@code size} and a divisor of the number of items
     */
    static int[] searchWithin(float[][] energy, int size, int block, long seed, Runnable checkpoint) {
        return new GroupSearch(energy, size, block, seed, checkpoint).run(false);
    }

    private int[] run(boolean sort) {
        setOrder(IntStream.range(0, order.length).toArray());
        int[] best = order.clone();
        double bestKept = survey();
        double before = bestKept;
        if (sort) {
            setOrder(byMeanEnergy());
            before = survey();
        }
        for (int pass = 0; pass < MAX_PASSES; pass++) {
            if (before > bestKept) {
                bestKept = before;
                best = order.clone();
            }
            boolean moved = pass();
            double kept = survey();
            if (kept > bestKept) {
                bestKept = kept;
                best = order.clone();
            }
            if (!moved || kept - before < LEAST_GAIN * SHARES.length) {
                break;
            }
            before = kept;
        }
        return best;
    }

    private int[] byMeanEnergy() {
        double[] mean = Arrays.stream(energy).mapToDouble(GroupSearch::sum).toArray();
        return IntStream.range(0, energy.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(item -> -mean[item]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private void setOrder(int[] items) {
        System.arraycopy(items, 0, order, 0, items.length);
        for (int group = 0; group < groups; group++) {
            Arrays.fill(sums[group], 0);
            for (int i = 0; i < size; i++) {
                add(sums[group], energy[order[group * size + i]], sums[group]);
            }
        }
    }

    /** Takes the thresholds from the groups as they are. Returns the mean of what is kept, summed over the shares. */
    private double survey() {
        checkpoint.run();
        float[] sorted = new float[groups];
        double kept = 0;
        for (int t = 0; t < tokens; t++) {
            for (int group = 0; group < groups; group++) {
                sorted[group] = sums[group][t];
            }
            Arrays.sort(sorted);
            for (int s = 0; s < SHARES.length; s++) {
                int k = (int) Math.ceil(SHARES[s] * groups);
                thresholds[s][t] = sorted[groups - k];
                for (int i = groups - k; i < groups; i++) {
                    kept += sorted[i];
                }
            }
        }
        for (int i = 0; i < chosen.length; i++) {
            int t = screeningToken(i);
            for (int group = 0; group < groups; group++) {
                float n = 0;
                for (float[] threshold : thresholds) {
                    n += sums[group][t] >= threshold[t] ? 1 : 0;
                }
                chosen[i][group] = n;
            }
        }
        for (int group = 0; group < groups; group++) {
            terms[group] = term(sums[group]);
        }
        return kept / tokens;
    }

    private int screeningToken(int i) {
        return (int) ((long) i * tokens / chosen.length);
    }

    /** One exchange for each item at most. Whether there was one. */
    private boolean pass() {
        boolean moved = false;
        int[] positions = shuffled();
        for (int position : positions) {
            checkpoint.run();
            moved |= improve(position);
        }
        return moved;
    }

    private int[] shuffled() {
        int[] positions = IntStream.range(0, order.length).toArray();
        for (int i = positions.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = positions[i];
            positions[i] = positions[j];
            positions[j] = swap;
        }
        return positions;
    }

    private boolean improve(int position) {
        int from = position / size;
        float[] item = energy[order[position]];
        subtract(sums[from], item, scratch.rest);
        int partner = -1;
        double best = 1e-7 * tokens;
        for (int to : likelyGroups(item, from)) {
            add(sums[to], item, scratch.grown);
            for (int other = to * size; other < (to + 1) * size; other++) {
                double gain = exchanged(energy[order[other]]) - terms[from] - terms[to];
                if (gain > best) {
                    best = gain;
                    partner = other;
                }
            }
        }
        if (partner < 0) {
            return false;
        }
        exchange(position, partner);
        return true;
    }

    /** The groups, other than its own, that are chosen most often where the item has energy; in its block. */
    private int[] likelyGroups(float[] item, int own) {
        int first = own * size / block * (block / size);
        int last = first + block / size;
        float[] weight = scratch.weight;
        Arrays.fill(weight, 0);
        for (int i = 0; i < chosen.length; i++) {
            addScaled(item[screeningToken(i)], chosen[i], weight);
        }
        return IntStream.range(first, last)
                .filter(group -> group != own)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(group -> -weight[group]))
                .limit(Math.max(1, PARTNERS / size))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private void exchange(int a, int b) {
        float[] itemA = energy[order[a]];
        float[] itemB = energy[order[b]];
        float[] sumA = sums[a / size];
        float[] sumB = sums[b / size];
        for (int t = 0; t < tokens; t++) {
            float change = itemB[t] - itemA[t];
            sumA[t] += change;
            sumB[t] -= change;
        }
        terms[a / size] = term(sumA);
        terms[b / size] = term(sumB);
        int swap = order[a];
        order[a] = order[b];
        order[b] = swap;
    }

    // An exchange leaves the sum of all E as it is, and max(x, 0) = (x + |x|)/2: it is enough to compare sums of |E −
    // τ|. These
    // loops are written so that the compiler makes vector code of them; sums of floats it does not, hence the buffer.

    /** The terms of both groups after the exchange with {@code other}, of the groups in {@code scratch}. */
    private double exchanged(float[] other) {
        float[] rest = scratch.rest;
        float[] grown = scratch.grown;
        float[] low = thresholds[0];
        float[] high = thresholds[1];
        float[] out = scratch.terms;
        for (int t = 0; t < tokens; t++) {
            float a = rest[t] + other[t];
            float b = grown[t] - other[t];
            out[t] = Math.abs(a - low[t]) + Math.abs(a - high[t]) + Math.abs(b - low[t]) + Math.abs(b - high[t]);
        }
        return sum(out);
    }

    private double term(float[] group) {
        float[] low = thresholds[0];
        float[] high = thresholds[1];
        float[] out = scratch.terms;
        for (int t = 0; t < tokens; t++) {
            out[t] = Math.abs(group[t] - low[t]) + Math.abs(group[t] - high[t]);
        }
        return sum(out);
    }

    private static double sum(float[] values) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i + 3 < values.length; i += 4) {
            a += values[i];
            b += values[i + 1];
            c += values[i + 2];
            d += values[i + 3];
        }
        for (; i < values.length; i++) {
            a += values[i];
        }
        return (a + b) + (c + d);
    }

    private static void add(float[] a, float[] b, float[] out) {
        for (int i = 0; i < out.length; i++) {
            out[i] = a[i] + b[i];
        }
    }

    private static void subtract(float[] a, float[] b, float[] out) {
        for (int i = 0; i < out.length; i++) {
            out[i] = a[i] - b[i];
        }
    }

    private static void addScaled(float factor, float[] a, float[] out) {
        for (int i = 0; i < out.length; i++) {
            out[i] += factor * a[i];
        }
    }

    /** Buffers of one item's turn. */
    private static final class Scratch {
        private final float[] rest; // the item's group without it
        private final float[] grown; // the partner's group with it
        private final float[] terms;
        private final float[] weight;

        Scratch(int tokens, int groups) {
            this.rest = new float[tokens];
            this.grown = new float[tokens];
            this.terms = new float[tokens];
            this.weight = new float[groups];
        }
    }
}
