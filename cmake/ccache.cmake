# Compiles through ccache where it is found, unless the caller has chosen a launcher.

find_program(PANDO_CCACHE ccache)
mark_as_advanced(PANDO_CCACHE)
if(PANDO_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${PANDO_CCACHE}")
endif()
