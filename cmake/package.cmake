# What `cmake --install` puts where: headers, the CMake package and the pkg-config files. All of it
# is the same on every machine and with every option, and finds itself relative to where it lies.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(pando_cmake_dir "${CMAKE_INSTALL_DATADIR}/cmake/pando")
set(pando_pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")

foreach(component IN LISTS pando_components)
  install(TARGETS pando_${component} EXPORT pandoTargets
          FILE_SET headers DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
          FILE_SET bodies DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endforeach()
install(EXPORT pandoTargets NAMESPACE pando:: DESTINATION "${pando_cmake_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/pandoConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/package/pandoConfig.cmake"
  INSTALL_DESTINATION "${pando_cmake_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/pandoConfigVersion.cmake"
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
    "${PROJECT_BINARY_DIR}/package/pandoConfig.cmake"
    "${PROJECT_BINARY_DIR}/package/pandoConfigVersion.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/openssl.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/postgres.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/sqlite.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/compiled.cmake"
  DESTINATION "${pando_cmake_dir}")

# The way from the .pc files back to the prefix, however deep the data folder is.
file(RELATIVE_PATH pando_pc_to_prefix "/prefix/${pando_pkgconfig_dir}" "/prefix")
function(pando_pkgconfig name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "DESCRIPTION;REQUIRES;LIBS;CFLAGS" "")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/pando.pc.in"
                 "${PROJECT_BINARY_DIR}/package/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/package/${name}.pc" DESTINATION "${pando_pkgconfig_dir}")
endfunction()
pando_pkgconfig(pando-contract DESCRIPTION "Pando's contracts: types only")
pando_pkgconfig(pando DESCRIPTION "Pando: contracts, handlers and the running app"
  REQUIRES "pando-contract = ${PROJECT_VERSION}" LIBS "-lboost_json -pthread" CFLAGS "-pthread")
pando_pkgconfig(pando-http DESCRIPTION "Pando's HTTP door, without TLS"
  REQUIRES "pando = ${PROJECT_VERSION}")
pando_pkgconfig(pando-openssl DESCRIPTION "Pando's HTTP door with TLS by OpenSSL"
  REQUIRES "pando-http = ${PROJECT_VERSION}, libssl >= 3, libcrypto >= 3"
  CFLAGS "-DPANDO_WITH_OPENSSL=1")
pando_pkgconfig(pando-postgres DESCRIPTION "Pando's PostgreSQL, by libpq"
  REQUIRES "pando = ${PROJECT_VERSION}, libpq >= 14"
  CFLAGS "-DPANDO_WITH_POSTGRES=1")
pando_pkgconfig(pando-sqlite DESCRIPTION "Pando's SQLite"
  REQUIRES "pando = ${PROJECT_VERSION}, sqlite3 >= 3.37"
  CFLAGS "-DPANDO_WITH_SQLITE=1")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/pando")
