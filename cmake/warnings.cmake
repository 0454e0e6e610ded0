# Warnings as design, and the sanitizer switch.
add_library(mst_flags INTERFACE)
target_compile_definitions(mst_flags INTERFACE _GNU_SOURCE
                                               MST_VERSION="${PROJECT_VERSION}")
target_compile_options(
    mst_flags
    INTERFACE
        -Wall -Wextra -Wpedantic -Wshadow -Wpointer-arith -Wcast-qual
        -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wswitch-enum
        -Wimplicit-fallthrough -Wconversion -Wsign-conversion
        -fno-omit-frame-pointer -fstack-protector-strong
        $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
        $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
        $<$<COMPILE_LANGUAGE:C>:-Wold-style-definition>)
# No table of functions stays writable.
target_link_options(mst_flags INTERFACE -Wl,-z,relro -Wl,-z,now)
if(MST_FAULT_POINTS)
    target_compile_definitions(mst_flags INTERFACE MST_FAULT_POINTS)
endif()
if(MST_WERROR)
    target_compile_options(mst_flags INTERFACE -Werror)
endif()
if(MST_SANITIZE)
    target_compile_options(mst_flags INTERFACE -fsanitize=${MST_SANITIZE}
                                               -fno-sanitize-recover=all)
    target_link_options(mst_flags INTERFACE -fsanitize=${MST_SANITIZE}
                        -fno-sanitize-recover=all)
    if(MST_SANITIZE MATCHES thread)
        target_sources(mst_flags INTERFACE
            $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${CMAKE_SOURCE_DIR}/tests/support/tsan_threads.c>)
    endif()
else()
    target_compile_options(mst_flags INTERFACE
                           $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
endif()
