# One library per folder of src/, named mst_<folder>.
function(mst_library name)
    add_library(mst_${name} STATIC ${ARGN})
    target_include_directories(mst_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(mst_${name} PRIVATE mst_flags)
endfunction()

# One test program per file: mst_unit_test(<folder> <noun> [libraries...])
# builds tests/unit/<folder>/test_<noun>.c and registers it with ctest.
function(mst_unit_test folder noun)
    set(target test_${folder}_${noun})
    add_executable(${target} ${CMAKE_SOURCE_DIR}/tests/unit/${folder}/test_${noun}.c)
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE mst_flags mst_${folder} cmocka ${ARGN})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                               ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME unit.${folder}.${noun} COMMAND ${target})
    set_tests_properties(unit.${folder}.${noun} PROPERTIES LABELS unit TIMEOUT 120
        ENVIRONMENT "MST_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
endfunction()

# A unit test whose allocations can be made to fail (support/alloc_fail.h):
# mst_torture_test(<folder> <noun> [libraries...]).
function(mst_torture_test folder noun)
    set(target test_${folder}_${noun})
    mst_unit_test(${folder} ${noun} ${ARGN})
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/alloc_fail.c)
    target_link_options(
        ${target} PRIVATE
        LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup)
    set_tests_properties(unit.${folder}.${noun} PROPERTIES LABELS "unit;torture")
endfunction()
