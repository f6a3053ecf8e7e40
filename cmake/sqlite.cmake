# Makes pando::sqlite3 where SQLite is wanted and there; pando::sqlite links it if it exists.
# PANDO_WITH_SQLITE is AUTO (take it where found), ON (required) or OFF. Installed with the package,
# where it is looked at when the component `sqlite` is asked for.

if(NOT DEFINED PANDO_WITH_SQLITE)
  set(PANDO_WITH_SQLITE AUTO)
endif()

if(NOT TARGET pando::sqlite3 AND (PANDO_WITH_SQLITE STREQUAL "AUTO" OR PANDO_WITH_SQLITE))
  find_package(SQLite3 3.37 QUIET)
  if(SQLite3_FOUND AND TARGET SQLite::SQLite3)
    add_library(pando::sqlite3 INTERFACE IMPORTED)
    target_link_libraries(pando::sqlite3 INTERFACE SQLite::SQLite3)
    target_compile_definitions(pando::sqlite3 INTERFACE PANDO_WITH_SQLITE=1)
  endif()
endif()
