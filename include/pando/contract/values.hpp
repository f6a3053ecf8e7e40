// Every value type a contract may name besides those of the standard library, and the rules.
#pragma once

#include <pando/contract/bytes.hpp>
#include <pando/contract/checked.hpp>
#include <pando/contract/defaulted.hpp>
#include <pando/contract/rules.hpp>
#include <pando/contract/secret.hpp>
#include <pando/contract/uuid.hpp>
