# Writes cpu-features.txt: what the compiler may use in ggml-cpu, by the names of /proc/cpuinfo, in one line with commas. The
# compiler itself is asked, with the flags of the target, so that the list is right for -march=native too.
#
# Left out: features that every CPU of the architecture has, and those that a compiler uses only by name (ciphers, random
# numbers), which -march=native may find in the CPU while the kernel hides them.
set(SOL_FEATURES_X86
    SSE3=pni SSSE3=ssse3 SSE4_1=sse4_1 SSE4_2=sse4_2 SSE4A=sse4a POPCNT=popcnt MOVBE=movbe LZCNT=abm
    BMI=bmi1 BMI2=bmi2 AVX=avx AVX2=avx2 FMA=fma FMA4=fma4 XOP=xop F16C=f16c
    GFNI=gfni AVX512F=avx512f AVX512CD=avx512cd AVX512BW=avx512bw AVX512DQ=avx512dq AVX512VL=avx512vl
    AVX512IFMA=avx512ifma AVX512VBMI=avx512vbmi AVX512VBMI2=avx512_vbmi2 AVX512VNNI=avx512_vnni
    AVX512BITALG=avx512_bitalg AVX512VPOPCNTDQ=avx512_vpopcntdq AVX512BF16=avx512_bf16 AVX512FP16=avx512_fp16
    AVXVNNI=avx_vnni AVXVNNIINT8=avx_vnni_int8 AVXIFMA=avx_ifma
    AMX_TILE=amx_tile AMX_INT8=amx_int8 AMX_BF16=amx_bf16 AMX_FP16=amx_fp16)
set(SOL_FEATURES_ARM
    ARM_FEATURE_DOTPROD=asimddp ARM_FEATURE_FP16_VECTOR_ARITHMETIC=asimdhp ARM_FEATURE_MATMUL_INT8=i8mm
    ARM_FEATURE_BF16=bf16 ARM_FEATURE_SVE=sve ARM_FEATURE_SVE2=sve2 ARM_FEATURE_SME=sme
    ARM_FEATURE_ATOMICS=atomics)

get_target_property(options ggml-cpu COMPILE_OPTIONS)
set(flags)
foreach(option IN LISTS options)
    if(option MATCHES "^-m")
        list(APPEND flags ${option})
    endif()
endforeach()
set(SOL_CPU_FLAG_LIST ${flags})
list(JOIN flags " " SOL_CPU_FLAGS)

set(features)
if(NOT MSVC)
    execute_process(
        COMMAND ${CMAKE_CXX_COMPILER} ${flags} -x c++ -dM -E -
        INPUT_FILE /dev/null OUTPUT_VARIABLE macros RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${CMAKE_CXX_COMPILER} does not say which CPU features ${flags} assume")
    endif()
    foreach(entry IN LISTS SOL_FEATURES_X86 SOL_FEATURES_ARM)
        string(REGEX MATCH "^(.*)=(.*)$" matched ${entry})
        if(macros MATCHES "#define __${CMAKE_MATCH_1}(__)? ")
            string(REGEX MATCH "^(.*)=(.*)$" matched ${entry})
            list(APPEND features ${CMAKE_MATCH_2})
        endif()
    endforeach()
endif()
list(JOIN features "," features)
file(WRITE ${CMAKE_BINARY_DIR}/cpu-features.txt "${features}\n")
