// An app with every door, for controllers alone: what it lacks of <pando/pando.hpp> is
// <pando/entities.hpp>, which is a quarter of what that costs the compiler. An umbrella.
#pragma once

#include <pando/app/app.hpp>
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>
#include <pando/handler/implement.hpp>
#include <pando/http/handler_parts.hpp>
#include <pando/runtime/stream.hpp>
#include <pando/socket.hpp>
