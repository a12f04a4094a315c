package dev.sol.trainer.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.trainer.rollout.EpisodeTexts;
import dev.sol.trainer.rollout.WorkItem;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class EpisodePlanTest {
    private static final int HORIZON = 8;
    private static final EpisodeTexts TEXTS = (id, length) -> {
        int[] tokens = new int[length];
        java.util.Arrays.fill(tokens, (int) id);
        return tokens;
    };

    private static EpisodePlan plan(long seed, double share) {
        return new EpisodePlan(
                seed, HORIZON, 10, 20, Samples.FINE, new Budget(.2, .5, 6), new Budget(.4, .5, 12), share, .1);
    }

    @Test
    void itemsDependOnTheirNumberAlone() {
        List<WorkItem> all = plan(1, .5).items(TEXTS, 0, 20);
        List<WorkItem> rest = plan(1, .5).items(TEXTS, 12, 8);
        for (int i = 0; i < rest.size(); i++) {
            assertThat(rest.get(i)).usingRecursiveComparison().isEqualTo(all.get(12 + i));
        }
        assertThat(plan(2, .5).items(TEXTS, 0, 1).getFirst().target())
                .isNotEqualTo(all.getFirst().target());
        assertThat(all.stream().map(WorkItem::seed).distinct()).hasSize(20);
    }

    @Test
    void targetsAndPrefixesCoverTheirRange() {
        List<WorkItem> items = plan(1, .5).items(TEXTS, 0, 2000);
        assertThat(items).allSatisfy(item -> {
            assertThat(item.target().attn()).isBetween(.2, .4);
            assertThat(item.target().mlp()).isEqualTo(.5);
            assertThat(item.target().bits()).isBetween(6d, 12d);
            assertThat(item.prefix()).isBetween(10, 20);
            assertThat(item.steps()).isEqualTo(HORIZON);
            assertThat(item.tokens()[0]).isEqualTo((int) item.id());
        });
        assertThat(items.stream()
                        .mapToDouble(item -> item.target().bits())
                        .average()
                        .orElseThrow())
                .isCloseTo(9, within(.2));
        assertThat(items.stream().mapToInt(WorkItem::prefix).distinct().count()).isEqualTo(11);
    }

    @Test
    void aShareOfTheEpisodesStartsWithADeviation() {
        List<WorkItem> items = plan(1, .25).items(TEXTS, 0, 2000);
        List<WorkItem> started =
                items.stream().filter(item -> item.startMean() != null).toList();
        assertThat(started.size() / 2000.).isCloseTo(.25, within(.04));
        assertThat(started).allSatisfy(item -> {
            assertThat(item.startSteps()).isBetween(1, HORIZON);
            Budget mean = Objects.requireNonNull(item.startMean());
            for (Axis axis : Axis.values()) {
                assertThat(Math.abs(axis.share(mean.get(axis) - item.target().get(axis))))
                        .isLessThanOrEqualTo(.1 + 1e-9);
            }
        });
        // The share changes nothing else.
        List<WorkItem> none = plan(1, 0).items(TEXTS, 0, 2000);
        assertThat(none).allMatch(item -> item.startMean() == null && item.startSteps() == 0);
        assertThat(none.stream().map(WorkItem::target).toList())
                .isEqualTo(items.stream().map(WorkItem::target).toList());
        assertThat(none.stream().map(WorkItem::seed).toList())
                .isEqualTo(items.stream().map(WorkItem::seed).toList());
    }
}
