# The targets `llama`, `ggml`, `ggml-base`, `ggml-cpu` of upstream, as shared libraries and without anything else.
set(BUILD_SHARED_LIBS ON)
set(LLAMA_ALL_WARNINGS OFF CACHE BOOL "")
set(LLAMA_BUILD_COMMON OFF CACHE BOOL "")
set(LLAMA_OPENSSL OFF CACHE BOOL "")
# Upstream would look for a git repository around its sources and write what it finds into the library.
set(LLAMA_BUILD_NUMBER 0)
set(LLAMA_BUILD_COMMIT unknown)

# OpenMP would be one more library to find on the user's machine; ggml's own thread pool does as well.
set(GGML_OPENMP OFF CACHE BOOL "")

if(SOL_NATIVE STREQUAL native)
    set(GGML_NATIVE ON CACHE BOOL "")
elseif(SOL_NATIVE STREQUAL portable)
    set(GGML_NATIVE OFF CACHE BOOL "")
    foreach(feature IN ITEMS SSE42 AVX AVX2 FMA F16C BMI2)
        set(GGML_${feature} ON CACHE BOOL "") # read on x86 only
    endforeach()
else()
    message(FATAL_ERROR "SOL_NATIVE must be native or portable, not ${SOL_NATIVE}")
endif()

add_subdirectory(${LLAMA_SOURCE_DIR} ${CMAKE_BINARY_DIR}/llama EXCLUDE_FROM_ALL)
target_compile_options(ggml-cpu PRIVATE ${SOL_WITHOUT}) # the last word on these features
