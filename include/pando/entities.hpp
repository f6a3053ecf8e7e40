// Entities, singletons and cron jobs: how they are implemented, and an app that has them. An
// umbrella.
#pragma once

#include <pando/app/entities.hpp>
#include <pando/cluster/cluster_client.hpp>
#include <pando/cluster/cron.hpp>
#include <pando/cluster/entity_context.hpp>
#include <pando/cluster/entity_resource.hpp>
#include <pando/cluster/singleton.hpp>
#include <pando/contract.hpp>
#include <pando/handler/implement_entity.hpp>
