package dev.sol.trainer.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** One pass over a corpus: documents in, tokens and hashes out. */
final class Tokenizing {
    private final Corpus corpus;
    private final TextTokenizer tokenizer;
    private final TokenFileWriter writer;
    private final TokenizedCorpus.Listener listener;

    /** A piece of a document. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Piece(int[] tokens, long hash) {}

    Tokenizing(Corpus corpus, TextTokenizer tokenizer, TokenFileWriter writer, TokenizedCorpus.Listener listener) {
        this.corpus = corpus;
        this.tokenizer = tokenizer;
        this.writer = writer;
        this.listener = listener;
    }

    /**
     * Reads all documents.
     *
     * @throws IOException if the tokens cannot be written; what is wrong with the corpus is told as {@link Corpus#windows} does
     */
    void run() throws IOException {
        try (DocumentReader documents = open()) {
            while (next(documents)) {
                document(documents);
            }
        }
    }

    private DocumentReader open() {
        try {
            long size = Files.size(corpus.file());
            long[] read = {0};
            return corpus.open(bytes -> {
                read[0] += bytes;
                listener.read(read[0], size);
            });
        } catch (IOException e) {
            throw corpus.unreadable(e);
        }
    }

    private boolean next(DocumentReader documents) {
        TokenCache.checkCancelled(listener);
        try {
            return documents.next();
        } catch (IOException e) {
            throw corpus.unreadable(e);
        }
    }

    private void document(DocumentReader documents) throws IOException {
        TextHash whole = new TextHash();
        List<Piece> pieces = new ArrayList<>();
        long characters = 0;
        for (String text = piece(documents); !text.isEmpty(); text = piece(documents)) {
            characters += text.length();
            Piece piece = new Piece(tokenizer.encode(text), TextHash.of(text));
            if (characters <= TokenizedCorpus.LONGEST) {
                whole.add(text);
                pieces.add(piece);
            } else {
                // too long for a document, which the pieces so far have not known
                writeEach(pieces);
                pieces.clear();
                writeEach(List.of(piece));
            }
        }
        if (characters <= TokenizedCorpus.LONGEST) {
            for (Piece piece : pieces) {
                writer.add(piece.tokens());
            }
            writer.end(whole.finish());
        }
    }

    /** Empty at the document's end. */
    private String piece(DocumentReader documents) {
        TokenCache.checkCancelled(listener);
        try {
            String piece = documents.piece();
            return piece == null ? "" : piece;
        } catch (IOException e) {
            throw corpus.unreadable(e);
        }
    }

    private void writeEach(List<Piece> pieces) throws IOException {
        for (Piece piece : pieces) {
            writer.add(piece.tokens());
            writer.end(piece.hash());
        }
    }
}
