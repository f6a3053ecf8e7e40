// Include this in exactly one source file of a program built with PANDO_SEPARATE_COMPILATION.
#pragma once

#include <pando/config.hpp>

#ifndef PANDO_SEPARATE_COMPILATION
#error "pando/src.hpp is for programs built with PANDO_SEPARATE_COMPILATION; remove the include"
#endif

#include <pando/cli/impl/ask_missing.ipp>
#include <pando/cli/impl/assign.ipp>
#include <pando/cli/impl/columns.ipp>
#include <pando/cli/impl/commands.ipp>
#include <pando/cli/impl/completion.ipp>
#include <pando/cli/impl/completion_script.ipp>
#include <pando/cli/impl/failure_text.ipp>
#include <pando/cli/impl/help.ipp>
#include <pando/cli/impl/hidden_input.ipp>
#include <pando/cli/impl/interrupts.ipp>
#include <pando/cli/impl/parse.ipp>
#include <pando/cli/impl/render.ipp>
#include <pando/cli/impl/run.ipp>
#include <pando/cli/impl/scalar.ipp>
#include <pando/cli/impl/shape.ipp>
#include <pando/cli/impl/terminal.ipp>
#include <pando/cli/impl/terminal_ask.ipp>
#include <pando/cli/impl/value.ipp>
#include <pando/contract/impl/regex.ipp>
#include <pando/contract/impl/rules.ipp>
#include <pando/http/impl/chunked.ipp>
#include <pando/http/impl/client.ipp>
#include <pando/http/impl/client_answer.ipp>
#include <pando/http/impl/client_connection.ipp>
#include <pando/http/impl/client_exchange.ipp>
#include <pando/http/impl/client_pool.ipp>
#include <pando/http/impl/client_request.ipp>
#include <pando/http/impl/client_tls.ipp>
#include <pando/http/impl/client_url.ipp>
#include <pando/http/impl/connection.ipp>
#include <pando/http/impl/event_reader.ipp>
#include <pando/http/impl/exchange.ipp>
#include <pando/http/impl/headers.ipp>
#include <pando/http/impl/parser.ipp>
#include <pando/http/impl/response.ipp>
#include <pando/http/impl/response_reader.ipp>
#include <pando/http/impl/server.ipp>
#include <pando/http/impl/target.ipp>
#include <pando/http/impl/tls.ipp>
#include <pando/http/impl/write.ipp>
#include <pando/link/impl/socket_path.ipp>
#include <pando/meta/impl/closest.ipp>
#include <pando/meta/impl/utf8.ipp>
#include <pando/runtime/impl/timer_wheel.ipp>
#include <pando/schema/impl/binary_decode.ipp>
#include <pando/schema/impl/binary_encode.ipp>
#include <pando/schema/impl/description.ipp>
#include <pando/schema/impl/duration.ipp>
#include <pando/schema/impl/faults.ipp>
#include <pando/schema/impl/json_decode.ipp>
#include <pando/schema/impl/json_encode.ipp>
#include <pando/schema/impl/shape.ipp>
#include <pando/schema/impl/text.ipp>
#include <pando/schema/impl/text_source.ipp>
#include <pando/schema/impl/time.ipp>
