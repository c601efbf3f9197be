# What every target is built with.
option(CHAINSOLVED_TESTS "Build the tests and benchmarks" ON)
set(CHAINSOLVED_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

# Several sources at a time: the headers of Asio, nlohmann/json and GoogleTest cost more than our own
# code, and a clean build takes half as long. OFF compiles each by itself, as `./dev lint --deep` does.
set(CMAKE_UNITY_BUILD ON CACHE BOOL "Compile several sources at a time")
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Same graph, same bits: no contraction into FMA, no -march=native (DESIGN §12).
add_compile_options(-ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                    -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
add_compile_definitions(_GNU_SOURCE)
include_directories(${CMAKE_SOURCE_DIR})

if(CHAINSOLVED_SANITIZE)
  add_compile_options(-fsanitize=${CHAINSOLVED_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CHAINSOLVED_SANITIZE})
  add_compile_definitions(CHAINSOLVED_SANITIZED=1)
  if(CHAINSOLVED_SANITIZE MATCHES thread)
    add_compile_options(-Wno-tsan) # Asio's fences, which it does not need for correctness here
  endif()
endif()
