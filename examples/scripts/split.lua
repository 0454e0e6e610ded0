-- One event per item of an order; orders without items are dropped.
function transform(data)
    for place, item in ipairs(data.items or {}) do
        emit({
            order = data._id,
            place = place,
            sku = item.sku,
            count = item.count,
        })
    end
end
