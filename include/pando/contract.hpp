// The vocabulary of contracts and the doors' markers. Costs no Asio, no Beast, no JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <pando/cli/markers.hpp>
#include <pando/contract/controller.hpp>
#include <pando/contract/entity.hpp>
#include <pando/contract/rules.hpp>
#include <pando/contract/travels_as.hpp>
#include <pando/contract/values.hpp>
#include <pando/http/markers.hpp>
