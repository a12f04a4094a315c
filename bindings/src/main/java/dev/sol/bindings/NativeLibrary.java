package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * llama.cpp and sol.h, loaded into this process.
 *
 * <p>The libraries come from the folder that the system property {@value #DIRECTORY_PROPERTY} names, otherwise from the jar
 * of {@code native-llama}, which is unpacked to {@code $XDG_CACHE_HOME/sol/native} or {@code ~/.cache/sol/native}.
 * Before any of their code runs the processor is checked for the instructions that the build uses, and before anything is
 * called the version and the symbols are checked.
 *
 * <p>Thread-safe. A library cannot be unloaded; a failed load may be tried again.
 */
public final class NativeLibrary {
    /** System property: a folder with the libraries and their {@code native.properties}, used instead of the bundled ones. */
    public static final String DIRECTORY_PROPERTY = "dev.sol.native.dir";

    private static volatile @Nullable NativeLibrary loaded;

    private final Path directory;
    private final NativeManifest manifest;

    NativeLibrary(Path directory, NativeManifest manifest) {
        this.directory = directory;
        this.manifest = manifest;
    }

    /**
     * Loads the library unless that has been done. The functions of this package do so by themselves; a program calls this to
     * fail early.
     *
     * @throws NativeLibraryException if this machine cannot use the library; the message says what to do
     */
    public static NativeLibrary load() {
        NativeLibrary library = loaded;
        return library != null ? library : loadOnce();
    }

    private static synchronized NativeLibrary loadOnce() {
        NativeLibrary library = loaded;
        if (library == null) {
            library = find(
                    Platform.current(),
                    System.getProperty(DIRECTORY_PROPERTY),
                    NativeLibrary.class.getClassLoader(),
                    cacheDirectory(System::getenv));
            library.checkProcessor(Platform.current(), CpuFeatures.PROC_CPUINFO);
            library.link();
            loaded = library;
        }
        return library;
    }

    /** The folder from which the libraries were loaded. */
    public Path directory() {
        return directory;
    }

    /** What was built, from the manifest: for logs and bug reports. */
    public String build() {
        return manifest.build();
    }

    /** Equal for equal builds only: a hash of the manifest, and so of the files that it lists. */
    public String id() {
        return Sha256.of(manifest.bytes()).substring(0, 32);
    }

    @Override
    public String toString() {
        return directory + " (build " + build() + ")";
    }

    /** Finds the libraries of {@code platform}, and unpacks them if need be. Loads nothing. */
    static NativeLibrary find(Platform platform, @Nullable String override, ClassLoader resources, Path cache) {
        if (override != null && !override.isBlank()) {
            return inDirectory(Path.of(override).toAbsolutePath());
        }
        String folder = "dev/sol/native/" + platform.folder() + "/";
        NativeExtractor.Source source = name -> open(resources, folder + name);
        byte[] bytes;
        try (InputStream in = source.open(NativeManifest.FILE_NAME)) {
            bytes = in.readAllBytes();
        } catch (IOException e) {
            throw new NativeLibraryException(
                    "No native library for " + platform.folder()
                            + " on the class path or among the modules. Build the module"
                            + " native-llama on such a machine and add its jar (on a module path with --add-modules"
                            + " dev.sol.nativellama), or set -D" + DIRECTORY_PROPERTY
                            + " to a folder with the libraries and their " + NativeManifest.FILE_NAME + ".",
                    e);
        }
        NativeManifest manifest = NativeManifest.parse(bytes, "in the jar, " + folder + NativeManifest.FILE_NAME + ",");
        return new NativeLibrary(NativeExtractor.extract(manifest, source, cache), manifest);
    }

    private static NativeLibrary inDirectory(Path directory) {
        Path file = directory.resolve(NativeManifest.FILE_NAME);
        try {
            NativeManifest manifest = NativeManifest.parse(Files.readAllBytes(file), file.toString());
            for (String library : manifest.libraries()) {
                file = directory.resolve(library);
                // The dynamic linker maps a truncated file without a complaint, and the process dies of SIGBUS.
                if (!Sha256.of(file).equals(manifest.sha256(library))) {
                    throw new NativeLibraryException(
                            file + " is not the file that the " + NativeManifest.FILE_NAME
                                    + " beside it describes. Build the module native-llama again, or copy the whole folder again.");
                }
            }
            return new NativeLibrary(directory, manifest);
        } catch (IOException e) {
            throw new NativeLibraryException(
                    "Cannot read " + file + ": " + e + ". -D" + DIRECTORY_PROPERTY
                            + " must name a folder with the libraries of"
                            + " native-llama and their " + NativeManifest.FILE_NAME
                            + "; without the property the bundled"
                            + " libraries are used.",
                    e);
        }
    }

    private static InputStream open(ClassLoader resources, String name) throws IOException {
        InputStream in = resources.getResourceAsStream(name);
        if (in == null) {
            throw new FileNotFoundException(name);
        }
        return in;
    }

    /** The folder for unpacked libraries, by the XDG base directory specification, which ignores relative paths. */
    static Path cacheDirectory(UnaryOperator<@Nullable String> environment) {
        String xdg = environment.apply("XDG_CACHE_HOME");
        Path cache = xdg != null && Path.of(xdg).isAbsolute()
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home"), ".cache");
        return cache.resolve("sol").resolve("native");
    }

    /** Checks the processor where the system tells its features; elsewhere builds use the platform's baseline. */
    void checkProcessor(Platform platform, Path cpuinfo) {
        if (platform.isLinux()) {
            CpuFeatures.read(cpuinfo).ifPresent(available -> CpuFeatures.require(manifest.cpuFeatures(), available));
        }
    }

    /** Loads the libraries and checks that they are the ones this class was compiled for. */
    void link() {
        for (String name : manifest.libraries()) {
            Path file = directory.resolve(name);
            try {
                System.load(file.toString());
            } catch (UnsatisfiedLinkError e) {
                throw new NativeLibraryException(
                        "Cannot load " + file + ": " + e.getMessage()
                                + ". If a library or a version is missing here, build the"
                                + " module native-llama on this machine; if the folder is mounted noexec, set XDG_CACHE_HOME or -D"
                                + DIRECTORY_PROPERTY + " to another one.",
                        e);
            } catch (IllegalCallerException e) {
                throw new NativeLibraryException(
                        "This Java process may not call native code: start it with --enable-native-access=dev.sol.bindings"
                                + " (on the class path: ALL-UNNAMED).",
                        e);
            }
        }
        SymbolLookup symbols = SymbolLookup.loaderLookup();
        RequiredSymbols.check(List.of("sol_api_version"), symbols, toString());
        checkVersion(SolNative.sol_api_version());
        RequiredSymbols.check(RequiredSymbols.names(), symbols, toString());
    }

    void checkVersion(int version) {
        if (version != SolNative.SOL_API_VERSION()) {
            throw new NativeLibraryException(
                    "The native library " + this + " has version " + Integer.toUnsignedString(version)
                            + " of the SOL API, these Java classes need " + SolNative.SOL_API_VERSION()
                            + ". Build the module native-llama again.");
        }
    }
}
