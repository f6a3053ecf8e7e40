# Makes pando::libpq where PostgreSQL is wanted and libpq is there; pando::postgres links it if it
# exists. PANDO_WITH_POSTGRES is AUTO (take it where found), ON (required) or OFF. Installed with
# the package, where it is read when the component `postgres` is asked for.

if(NOT DEFINED PANDO_WITH_POSTGRES)
  set(PANDO_WITH_POSTGRES AUTO)
endif()

if(NOT TARGET pando::libpq AND (PANDO_WITH_POSTGRES STREQUAL "AUTO" OR PANDO_WITH_POSTGRES))
  find_package(PostgreSQL 14 QUIET)
  if(PostgreSQL_FOUND AND TARGET PostgreSQL::PostgreSQL)
    add_library(pando::libpq INTERFACE IMPORTED)
    target_link_libraries(pando::libpq INTERFACE PostgreSQL::PostgreSQL)
    target_compile_definitions(pando::libpq INTERFACE PANDO_WITH_POSTGRES=1)
  endif()
endif()
