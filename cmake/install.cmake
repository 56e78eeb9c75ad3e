# What `cmake --install` puts down. Component "development": the library for other projects (headers, static libraries,
# CMake package, pkg-config file). Component "runtime": the program.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(decamp_formats PROPERTIES EXPORT_NAME formats)
set_target_properties(decamp_asio PROPERTIES EXPORT_NAME asio)
# decamp is static, so the libraries it is made of are installed and exported with it. Only decamp has headers.
install(TARGETS decamp decamp_formats decamp_asio
        EXPORT decamp-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
        FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

set(decamp_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/decamp)
install(EXPORT decamp-targets NAMESPACE decamp:: FILE decampTargets.cmake DESTINATION ${decamp_package_dir}
        COMPONENT development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/decampConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/package/decampConfig.cmake INSTALL_DESTINATION ${decamp_package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/decampConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/decampConfig.cmake ${PROJECT_BINARY_DIR}/package/decampConfigVersion.cmake
        DESTINATION ${decamp_package_dir} COMPONENT development)

# The .pc file finds its prefix from where it lies, so that an installed tree can be moved.
file(RELATIVE_PATH decamp_prefix_from_pc /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${CMAKE_CURRENT_LIST_DIR}/decamp.pc.in ${PROJECT_BINARY_DIR}/package/decamp.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/decamp.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

if(TARGET decamp_cli)
  install(TARGETS decamp_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md TYPE DOC COMPONENT runtime OPTIONAL)
