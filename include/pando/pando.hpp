// Everything a program needs: contracts, handlers, the app with its doors. An umbrella.
#pragma once

#include <pando/app/app.hpp>
#include <pando/cluster/entity_resource.hpp>
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>
#include <pando/handler/implement.hpp>
#include <pando/handler/implement_entity.hpp>
#include <pando/http/handler_parts.hpp>
#include <pando/runtime/stream.hpp>
#include <pando/socket.hpp>
