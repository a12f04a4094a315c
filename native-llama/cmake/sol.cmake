# Our sources become a part of libllama: they use its internals, which are no library of their own, and its patched graph
# calls them. Compiled apart from upstream's, they get warnings as errors and stay out of its unity build.
set(SOL_INCLUDE ${CMAKE_CURRENT_SOURCE_DIR}/include ${CMAKE_CURRENT_SOURCE_DIR}/src)
target_include_directories(llama PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)

# For what uses the internals of libllama: ours and the tests.
add_library(llama-internals INTERFACE)
target_include_directories(llama-internals INTERFACE ${SOL_INCLUDE})
target_include_directories(llama-internals SYSTEM INTERFACE
    ${LLAMA_SOURCE_DIR}/include
    ${LLAMA_SOURCE_DIR}/src
    ${LLAMA_SOURCE_DIR}/ggml/src
    $<TARGET_PROPERTY:ggml,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_definitions(llama-internals INTERFACE LLAMA_SHARED GGML_SHARED)

file(GLOB SOL_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/*.cpp)
if(SOL_SOURCES)
    add_library(sol OBJECT ${SOL_SOURCES})
    target_compile_options(sol PRIVATE ${SOL_WARNINGS})
    target_compile_definitions(sol PRIVATE LLAMA_BUILD)
    target_link_libraries(sol PRIVATE llama-internals)
    set_target_properties(sol PROPERTIES POSITION_INDEPENDENT_CODE ON)

    # The inner loops use what ggml-cpu uses; the loader has checked that the CPU has it. They call kernels of its own.
    foreach(file IN ITEMS attend down kernels mask ops results score skip-mlp)
        set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/src/sol-${file}.cpp PROPERTIES COMPILE_OPTIONS "${SOL_CPU_FLAG_LIST}")
    endforeach()
    target_link_libraries(llama PRIVATE ggml-cpu)
    target_sources(llama PRIVATE $<TARGET_OBJECTS:sol>)

    # For sol_build_info(). Of its file alone, which is then all that is compiled again when it changes.
    set(info "{\"source\":\"${SOL_SOURCE_ID}\",\"compiler\":\"${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}\",\"cpu\":\"${SOL_NATIVE}\",\"flags\":\"${SOL_CPU_FLAGS}\"}")
    string(REPLACE "\"" "\\\"" info "${info}")
    set_property(SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/src/sol-model.cpp
        APPEND PROPERTY COMPILE_DEFINITIONS "SOL_BUILD_INFO=\"${info}\"")
endif()
