# The part of upstream's `common` that knows chats: Jinja templates, what the models' answers look like, and grammars from JSON
# schemas. Not its target: that one brings the command line, downloads and their libraries. What these files want of the rest is
# in src/sol-common.cpp.
set(SOL_COMMON_DIR ${LLAMA_SOURCE_DIR}/common)
include(${SOL_COMMON_DIR}/parsers/sources.cmake) # sets LLAMA_CHAT_PARSERS_SOURCES

set(chat chat chat-auto-parser-generator chat-auto-parser-helpers chat-diff-analyzer chat-peg-parser)
set(grammar peg-parser json-schema json-schema-to-grammar trie unicode reasoning-budget)
set(jinja jinja/lexer jinja/parser jinja/runtime jinja/string jinja/caps)
set(alone json jinja/value)

add_library(sol-common OBJECT ${LLAMA_CHAT_PARSERS_SOURCES})
foreach(group IN ITEMS chat grammar jinja alone)
    foreach(name IN LISTS ${group})
        target_sources(sol-common PRIVATE ${SOL_COMMON_DIR}/${name}.cpp)
        if(NOT group STREQUAL alone)
            set_source_files_properties(${SOL_COMMON_DIR}/${name}.cpp PROPERTIES UNITY_GROUP ${group})
        endif()
    endforeach()
endforeach()
set_source_files_properties(${LLAMA_CHAT_PARSERS_SOURCES} PROPERTIES UNITY_GROUP parsers)

# Templates are heavy to compile and light to run: as one file for each group, a third of the time.
set_target_properties(sol-common PROPERTIES
    UNITY_BUILD ON UNITY_BUILD_MODE GROUP
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
if(NOT MSVC)
    target_compile_options(sol-common PRIVATE -O1 -w)
endif()
target_include_directories(sol-common PRIVATE
    ${SOL_COMMON_DIR} ${LLAMA_SOURCE_DIR}/include ${LLAMA_SOURCE_DIR}/ggml/include ${LLAMA_SOURCE_DIR}/vendor)

target_include_directories(sol SYSTEM PRIVATE ${SOL_COMMON_DIR})
target_sources(llama PRIVATE $<TARGET_OBJECTS:sol-common>)
