# Makes pando::openssl where TLS is wanted and OpenSSL is there; pando::http links it if it exists.
# PANDO_WITH_OPENSSL is AUTO (take it where found), ON (required) or OFF. Installed with the
# package, where the same variable decides for the project that finds it.

if(NOT DEFINED PANDO_WITH_OPENSSL)
  set(PANDO_WITH_OPENSSL AUTO)
endif()

if(NOT TARGET pando::openssl AND (PANDO_WITH_OPENSSL STREQUAL "AUTO" OR PANDO_WITH_OPENSSL))
  find_package(OpenSSL 3.0 QUIET COMPONENTS SSL Crypto)
  if(OpenSSL_FOUND)
    add_library(pando::openssl INTERFACE IMPORTED)
    target_link_libraries(pando::openssl INTERFACE OpenSSL::SSL OpenSSL::Crypto)
    target_compile_definitions(pando::openssl INTERFACE PANDO_WITH_OPENSSL=1)
  endif()
endif()
