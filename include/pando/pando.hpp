// Everything a program needs: contracts, handlers, the app with its doors, entities. An umbrella:
// <pando/app.hpp> and <pando/entities.hpp>.
#pragma once

#include <pando/app/app.hpp>
#include <pando/app/entities.hpp>
#include <pando/cluster/cluster_client.hpp>
#include <pando/cluster/cron.hpp>
#include <pando/cluster/entity_context.hpp>
#include <pando/cluster/entity_resource.hpp>
#include <pando/cluster/singleton.hpp>
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>
#include <pando/handler/implement.hpp>
#include <pando/handler/implement_entity.hpp>
#include <pando/http/handler_parts.hpp>
#include <pando/runtime/stream.hpp>
#include <pando/socket.hpp>
