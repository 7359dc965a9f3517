"""What of a picture stands in front of its sky, as a mask."""

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .canvas import Canvas
from .sky import paint_sky

STAGES_WITHOUT_SKY = ("abstract", "underwater", "table", "space")


def mask_of(canvas: Canvas) -> Image.Image:
    """White where the picture is kept, black where nothing is to be behind it: the sky. A picture without a
    sky is cut out as an oval."""
    if canvas.scene.stage in STAGES_WITHOUT_SKY:
        return _oval(canvas.image.size, canvas.unit)
    behind = Canvas(canvas.scene, canvas.palette, canvas.image.size, canvas.key)
    paint_sky(behind)
    return ground_mask(canvas, behind)


def _oval(size: tuple[int, int], unit: float) -> Image.Image:
    mask = Image.new("L", size, 0)
    edge = unit * 0.06
    ImageDraw.Draw(mask).ellipse((edge, edge, size[0] - edge, size[1] - edge), fill=255)
    return mask.filter(ImageFilter.BoxBlur(unit * 0.01))


def ground_mask(canvas: Canvas, behind: Canvas) -> Image.Image:
    """The mask of what hides the sky. The picture and its sky alone are painted with the same dice, so
    whatever differs was painted over the sky."""
    bands = ImageChops.difference(canvas.image, behind.image).split()
    changed = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    ground = changed.point([min(255, max(0, (v - 2) * 16)) for v in range(256)])
    ground.paste(255, (0, canvas.horizon, canvas.width, canvas.height))
    return ground.filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.BoxBlur(0.8))
