// An app of HTTP alone: compiled in half of the time of one with every door. An umbrella.
#pragma once

#include <pando/app/http_app.hpp>
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>
#include <pando/handler/implement.hpp>
#include <pando/http/handler_parts.hpp>
#include <pando/runtime/stream.hpp>
