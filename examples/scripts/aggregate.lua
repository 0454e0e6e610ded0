-- Adds up what comes, and gives one event for every hundred.
function init()
    state.count = 0
    state.total = 0
end

function transform(data)
    state.count = state.count + 1
    state.total = state.total + sum(data.items, function(item)
        return item.count
    end)
    if state.count % 100 ~= 0 then
        return nil
    end
    return { orders = state.count, items = state.total }
end

function finish()
    log.info("orders of this run:", state.count)
end
