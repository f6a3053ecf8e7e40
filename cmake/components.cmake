# pando_component: makes the header-only target pando::<name> from the headers that exist now.

file(GLOB_RECURSE pando_headers CONFIGURE_DEPENDS
     RELATIVE "${PROJECT_SOURCE_DIR}/include/pando"
     "${PROJECT_SOURCE_DIR}/include/pando/*.hpp" "${PROJECT_SOURCE_DIR}/include/pando/*.ipp")
set(pando_unclaimed_headers ${pando_headers})
set(pando_components "")

# True in `result` if `header` fits one of the patterns; `*` stands for any text, `/` included.
function(pando_fits result header)
  set(${result} FALSE PARENT_SCOPE)
  foreach(pattern IN LISTS ARGN)
    string(REPLACE "." "\\." pattern "${pattern}")
    string(REPLACE "*" ".*" pattern "${pattern}")
    if(header MATCHES "^${pattern}$")
      set(${result} TRUE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# Headers that stand alone go to the set `headers`, which VERIFY_INTERFACE_HEADER_SETS compiles one
# by one; bodies (.ipp) and src.hpp, which are only included by others, go to the set `bodies`.
function(pando_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;LINKS")
  set(headers "")
  set(bodies "")
  set(rest "")
  foreach(header IN LISTS pando_unclaimed_headers)
    set(path "${PROJECT_SOURCE_DIR}/include/pando/${header}")
    pando_fits(mine "${header}" ${arg_HEADERS})
    if(NOT mine)
      list(APPEND rest "${header}")
    elseif(header MATCHES "\\.ipp$" OR header STREQUAL "src.hpp")
      list(APPEND bodies "${path}")
    else()
      list(APPEND headers "${path}")
    endif()
  endforeach()
  set(pando_unclaimed_headers "${rest}" PARENT_SCOPE)
  set(pando_components ${pando_components} ${name} PARENT_SCOPE)

  add_library(pando_${name} INTERFACE)
  add_library(pando::${name} ALIAS pando_${name})
  target_sources(pando_${name}
    INTERFACE
      FILE_SET headers TYPE HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${headers}
      FILE_SET bodies TYPE HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${bodies})
  target_compile_features(pando_${name} INTERFACE cxx_std_20)
  target_link_libraries(pando_${name} INTERFACE ${arg_LINKS})
  set_target_properties(pando_${name} PROPERTIES
    EXPORT_NAME ${name}
    INTERFACE_HEADER_SETS_TO_VERIFY headers)
endfunction()
