package dev.sol.runtime.hub;

import dev.sol.runtime.RequestException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the files of the wanted model in a repository: one, or the parts of a split one. */
final class HubChoice {
    /** In this order; the first is what llama.cpp's tools take. */
    private static final List<String> USUAL = List.of("Q4_K_M", "Q4_0", "Q8_0");

    private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

    private HubChoice() {}

    /**
     * The files, the one to load first.
     *
     * @throws RequestException if none fits or several do; the message lists them
     */
    static List<HubFile> of(HubModel model, HubListing listing) {
        List<HubFile> candidates = listing.files().stream()
                .filter(HubFile::isGguf)
                .filter(file -> !file.name().startsWith("mmproj")) // projectors of images
                .filter(HubChoice::isFirst)
                .toList();
        if (candidates.isEmpty()) {
            throw wrong("the repository %s has no GGUF file".formatted(model.id()));
        }
        return parts(one(model, candidates), listing);
    }

    private static HubFile one(HubModel model, List<HubFile> candidates) {
        String choice = model.choice();
        if (choice != null) {
            return only(model, matching(choice, candidates), candidates);
        }
        if (candidates.size() == 1) {
            return candidates.getFirst();
        }
        return USUAL.stream()
                .map(usual -> matching(usual, candidates))
                .filter(found -> found.size() == 1)
                .map(List::getFirst)
                .findFirst()
                .orElseThrow(() -> wrong("%s has several models; choose one as hf:%s:FILE: %s"
                        .formatted(model.id(), model.id(), names(candidates))));
    }

    private static HubFile only(HubModel model, List<HubFile> found, List<HubFile> candidates) {
        return switch (found.size()) {
            case 0 ->
                throw wrong("%s has nothing called '%s'; it has %s"
                        .formatted(model.id(), model.choice(), names(candidates)));
            case 1 -> found.getFirst();
            default ->
                throw wrong("%s has several of '%s'; name one of the files: %s"
                        .formatted(model.id(), model.choice(), names(found)));
        };
    }

    /** By path, or else by a word of the name: {@code Q4_K} does not mean {@code Q4_K_M}. */
    private static List<HubFile> matching(String choice, List<HubFile> candidates) {
        List<HubFile> exact =
                candidates.stream().filter(file -> file.path().equals(choice)).toList();
        if (!exact.isEmpty()) {
            return exact;
        }
        Pattern word =
                Pattern.compile("(^|[^a-z0-9_])" + Pattern.quote(choice.toLowerCase(Locale.ROOT)) + "($|[^a-z0-9_])");
        return candidates.stream()
                .filter(file ->
                        word.matcher(file.stem().toLowerCase(Locale.ROOT)).find())
                .toList();
    }

    private static boolean isFirst(HubFile file) {
        Matcher part = PART.matcher(file.path());
        return !part.matches() || part.group(2).equals("00001");
    }

    private static List<HubFile> parts(HubFile first, HubListing listing) {
        Matcher part = PART.matcher(first.path());
        if (!part.matches()) {
            return List.of(first);
        }
        int count = Integer.parseInt(part.group(3));
        List<HubFile> parts = listing.files().stream()
                .filter(file -> {
                    Matcher other = PART.matcher(file.path());
                    return other.matches()
                            && other.group(1).equals(part.group(1))
                            && other.group(3).equals(part.group(3));
                })
                .sorted((a, b) -> a.path().compareTo(b.path()))
                .toList();
        if (parts.size() != count) {
            throw wrong(
                    "%s is in %d parts, of which the repository has %d".formatted(first.path(), count, parts.size()));
        }
        return parts;
    }

    private static String names(List<HubFile> files) {
        return String.join(", ", files.stream().map(HubFile::path).toList());
    }

    private static RequestException wrong(String message) {
        return RequestException.invalid("model", message);
    }
}
