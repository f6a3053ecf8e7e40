# pando_add_compiled: makes pando::compiled, the bodies that depend on no user type, compiled once.
# Installed with the package: there the library is compiled in the project that asks for it, with
# that project's flags, so that the package itself holds nothing that depends on a machine.

function(pando_add_compiled)
  if(TARGET pando_compiled)
    return()
  endif()
  set(source "${CMAKE_CURRENT_BINARY_DIR}/pando_compiled.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#include <pando/src.hpp>\n" @ONLY)
  add_library(pando_compiled STATIC EXCLUDE_FROM_ALL "${source}")
  add_library(pando::compiled ALIAS pando_compiled)
  target_compile_definitions(pando_compiled PUBLIC PANDO_SEPARATE_COMPILATION)
  target_link_libraries(pando_compiled PUBLIC
    pando::http $<$<TARGET_EXISTS:pando::libpq>:pando::postgres>
    $<$<TARGET_EXISTS:pando::sqlite3>:pando::sqlite>)
  set_target_properties(pando_compiled PROPERTIES
    OUTPUT_NAME pando
    POSITION_INDEPENDENT_CODE ON)
endfunction()
