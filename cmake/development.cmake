# How Pando's own programs are built: warnings and sanitizers. Consumers inherit none of it.

set(PANDO_SANITIZE "" CACHE STRING "Sanitizers for our own programs, as -fsanitize= takes them")
option(PANDO_WERROR "Make warnings in our own programs errors" OFF)

add_library(pando_dev INTERFACE)
target_compile_features(pando_dev INTERFACE cxx_std_20)
target_compile_options(pando_dev INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  $<$<BOOL:${PANDO_WERROR}>:-Werror>)
# Boost.Test's macros use __COUNTER__, which newer Clangs call an extension.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 22)
  target_compile_options(pando_dev INTERFACE -Wno-c2y-extensions)
endif()
# BOOST_ASIO_NO_DEPRECATED: what newer Boosts removed must not be used with 1.81 either.
# PANDO_EMPTY_WITHOUT_ENGINE: tests and benchmarks of an engine are left out where it is missing.
target_compile_definitions(pando_dev INTERFACE BOOST_ASIO_NO_DEPRECATED PANDO_EMPTY_WITHOUT_ENGINE)
set(CMAKE_CXX_EXTENSIONS OFF)

if(PANDO_SANITIZE)
  string(REPLACE ";" "," pando_sanitizers "${PANDO_SANITIZE}")
  target_compile_options(pando_dev INTERFACE
    -fsanitize=${pando_sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(pando_dev INTERFACE -fsanitize=${pando_sanitizers})
  # g++ 12.2 warns of Asio's fences, which its ThreadSanitizer does not see; what they order is also
  # ordered by locks.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND PANDO_SANITIZE MATCHES "thread")
    target_compile_options(pando_dev INTERFACE -Wno-tsan)
  endif()
endif()

# What guides libFuzzer; the bodies that are compiled once need it too.
if(PANDO_BUILD_FUZZERS)
  target_compile_options(pando_dev INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(TARGET pando_compiled)
  target_link_libraries(pando_compiled PRIVATE $<BUILD_INTERFACE:pando_dev>)
endif()

# What our programs link: the compiled bodies where they are made, all headers where not.
add_library(pando_all INTERFACE)
target_link_libraries(pando_all INTERFACE
  $<IF:$<BOOL:${PANDO_SEPARATE_COMPILATION}>,pando::compiled,pando::http> pando::postgres
  pando::sqlite pando_dev)

# What lets ccache (see ccache.cmake) take part where there is a precompiled header.
if(PANDO_CCACHE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(pando_dev INTERFACE -fpch-preprocess)
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(pando_dev INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endif()
