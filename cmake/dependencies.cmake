# Finds what the headers need, and says which Debian package brings what is missing.

find_package(Boost 1.81 CONFIG QUIET)
if(NOT Boost_FOUND)
  set(pando_found_boost "none was found")
  if(Boost_CONSIDERED_VERSIONS)
    set(pando_found_boost "found ${Boost_CONSIDERED_VERSIONS}")
  endif()
  message(FATAL_ERROR "Pando needs Boost 1.81 or newer (${pando_found_boost}). "
    "On Debian 12: apt-get install libboost1.81-dev libboost-json1.81-dev")
endif()

find_package(Boost 1.81 CONFIG QUIET COMPONENTS json)
if(NOT TARGET Boost::json)
  message(FATAL_ERROR "Pando needs the library Boost.JSON beside Boost ${Boost_VERSION}. "
    "On Debian 12: apt-get install libboost-json1.81-dev")
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

set(PANDO_WITH_OPENSSL AUTO CACHE STRING "TLS by OpenSSL: AUTO (where found), ON or OFF")
set_property(CACHE PANDO_WITH_OPENSSL PROPERTY STRINGS AUTO ON OFF)
include("${CMAKE_CURRENT_LIST_DIR}/openssl.cmake")
if(NOT TARGET pando::openssl AND NOT PANDO_WITH_OPENSSL STREQUAL "AUTO" AND PANDO_WITH_OPENSSL)
  message(FATAL_ERROR "PANDO_WITH_OPENSSL is ON, but no OpenSSL 3 was found. "
    "On Debian 12: apt-get install libssl-dev")
endif()

set(PANDO_WITH_POSTGRES AUTO CACHE STRING "PostgreSQL by libpq: AUTO (where found), ON or OFF")
set_property(CACHE PANDO_WITH_POSTGRES PROPERTY STRINGS AUTO ON OFF)
include("${CMAKE_CURRENT_LIST_DIR}/postgres.cmake")
if(NOT TARGET pando::libpq AND NOT PANDO_WITH_POSTGRES STREQUAL "AUTO" AND PANDO_WITH_POSTGRES)
  message(FATAL_ERROR "PANDO_WITH_POSTGRES is ON, but no libpq 14 or newer was found. "
    "On Debian 12: apt-get install libpq-dev")
endif()

set(PANDO_WITH_SQLITE AUTO CACHE STRING "SQLite: AUTO (where found), ON or OFF")
set_property(CACHE PANDO_WITH_SQLITE PROPERTY STRINGS AUTO ON OFF)
include("${CMAKE_CURRENT_LIST_DIR}/sqlite.cmake")
if(NOT TARGET pando::sqlite3 AND NOT PANDO_WITH_SQLITE STREQUAL "AUTO" AND PANDO_WITH_SQLITE)
  message(FATAL_ERROR "PANDO_WITH_SQLITE is ON, but no SQLite 3.37 or newer was found. "
    "On Debian 12: apt-get install libsqlite3-dev")
endif()
